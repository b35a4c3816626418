package main

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

const help = `   EXIT CODES:
      0 done · 1 unexpected error · 2 usage or configuration · 3 data · 4 diverged (NaN or Inf)
      5 unusable checkpoint or locked run folder · 75 stopped by a signal or the time limit, and
      the run has a checkpoint: --resume continues · 130 interrupted twice, or stopped with nothing
      saved · 141 stdout was closed before all results were printed, but all work is done
`

// all returns the problems of all checks.
func (m *manifests) all() (p []string) {
	for _, each := range [][]string{indexed(&m.job, 12), m.valid(), policyCodes(&m.job, help), restricted(&m.job), pod(&m.job), m.volumes(), queued(&m.job, "")} {
		p = append(p, each...)
	}
	return p
}

// TestChecksCanFail changes the manifests in one place at a time.
func TestChecksCanFail(t *testing.T) {
	change := func(edit func(*batchv1.JobSpec, *corev1.Container)) func(*manifests) {
		return func(m *manifests) { edit(&m.job.Spec, &m.job.Spec.Template.Spec.Containers[0]) }
	}
	for want, edit := range map[string]func(*manifests){
		"":                        func(*manifests) {},
		"completions is 11":       change(func(s *batchv1.JobSpec, _ *corev1.Container) { *s.Completions = 11 }),
		"completionMode":          change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.CompletionMode = nil }),
		"no backoffLimitPerIndex": change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.BackoffLimitPerIndex = nil }),
		"podReplacementPolicy":    change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.PodReplacementPolicy = nil }),
		"only \"Never\" is supported when podFailurePolicy is specified": change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.Template.Spec.RestartPolicy = "OnFailure" }),
		"must not be 0 for the In operator": change(func(s *batchv1.JobSpec, _ *corev1.Container) {
			s.PodFailurePolicy.Rules[1].OnExitCodes.Values = []int32{0, 75}
		}),
		"must be ordered": change(func(s *batchv1.JobSpec, _ *corev1.Container) {
			s.PodFailurePolicy.Rules[3].OnExitCodes.Values = []int32{4, 3}
		}),
		"specifying one of OnExitCodes and OnPodConditions is required": change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.PodFailurePolicy.Rules[0].OnPodConditions = nil }),
		"must be one of the container or initContainer names":           change(func(_ *batchv1.JobSpec, c *corev1.Container) { c.Name = "other" }),
		"code 76 is not documented": change(func(s *batchv1.JobSpec, _ *corev1.Container) {
			s.PodFailurePolicy.Rules[1].OnExitCodes.Values = []int32{75, 76}
		}),
		"code 75 has the action":        change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.PodFailurePolicy.Rules[1].Action = "Count" }),
		"code 2 has the action \"\"":    change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.PodFailurePolicy.Rules = s.PodFailurePolicy.Rules[:2] }),
		"unrestricted capabilities":     change(func(_ *batchv1.JobSpec, c *corev1.Container) { c.SecurityContext.Capabilities = nil }),
		"runAsNonRoot != true":          change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.Template.Spec.SecurityContext.RunAsNonRoot = nil }),
		"seccompProfile":                change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.Template.Spec.SecurityContext.SeccompProfile = nil }),
		"not read-only":                 change(func(_ *batchv1.JobSpec, c *corev1.Container) { c.SecurityContext.ReadOnlyRootFilesystem = nil }),
		"service could set":             change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.Template.Spec.EnableServiceLinks = nil }),
		"terminationGracePeriodSeconds": change(func(s *batchv1.JobSpec, _ *corev1.Container) { *s.Template.Spec.TerminationGracePeriodSeconds = 1 }),
		"memory: request":               change(func(_ *batchv1.JobSpec, c *corev1.Container) { delete(c.Resources.Limits, corev1.ResourceMemory) }),
		"liveness probe":                change(func(_ *batchv1.JobSpec, c *corev1.Container) { c.LivenessProbe = nil }),
		"variable GOMAXPROCS": change(func(_ *batchv1.JobSpec, c *corev1.Container) {
			c.Env = append(c.Env, corev1.EnvVar{Name: "GOMAXPROCS"})
		}),
		"/data: readOnly is false": change(func(_ *batchv1.JobSpec, c *corev1.Container) { c.VolumeMounts[1].ReadOnly = false }),
		"no claim gaetrain-runs":   func(m *manifests) { delete(m.claims, "gaetrain-runs") },
		"at least 1 access mode is required": func(m *manifests) {
			claim := m.claims["gaetrain-runs"]
			claim.Spec.AccessModes = nil
			m.claims["gaetrain-runs"] = claim
		},
		"arguments are [\"sweep\" \"/x\"]": change(func(_ *batchv1.JobSpec, c *corev1.Container) { c.Args[1] = "/x" }),
		"suspend is true":                  change(func(s *batchv1.JobSpec, _ *corev1.Container) { s.Suspend = new(bool); *s.Suspend = true }),
	} {
		m, err := build("../base")
		if err != nil {
			t.Fatal(err)
		}
		edit(m)
		found := strings.Join(m.all(), "; ")
		if want == "" && found != "" || !strings.Contains(found, want) {
			t.Errorf("problems %q, want %q", found, want)
		}
	}
}

// TestStrict checks that an unknown field and a field that is twice there are errors.
func TestStrict(t *testing.T) {
	for _, text := range []string{"spec: {completionmode: Indexed}", "spec: {template: {spec: {containers: [{livenessProb: {}}]}}}", "spec: {completions: 1, completions: 2}", "spec: {completions: many}"} {
		if err := new(manifests).add("Job", []byte(text)); err == nil {
			t.Errorf("%s is decoded", text)
		}
	}
	if err := new(manifests).add("Job", []byte("spec: {completions: 2}")); err != nil {
		t.Error(err)
	}
}
