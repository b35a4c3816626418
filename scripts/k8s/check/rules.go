package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	admission "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// problems collects what is wrong.
type problems []string

func (p *problems) unless(ok bool, format string, values ...any) {
	if !ok {
		*p = append(*p, fmt.Sprintf(format, values...))
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// indexed checks that the Job has a pod for each job of the sweep.
func indexed(job *batchv1.Job, jobs int) (p problems) {
	s := job.Spec
	completions := value(s.Completions)
	p.unless(value(s.CompletionMode) == batchv1.IndexedCompletion, "completionMode is %q", value(s.CompletionMode))
	p.unless(int(completions) == jobs, "completions is %d, but the sweep has %d jobs", completions, jobs)
	p.unless(s.Parallelism != nil && *s.Parallelism >= 1 && *s.Parallelism <= completions, "parallelism is %d", value(s.Parallelism))
	p.unless(s.BackoffLimitPerIndex != nil && *s.BackoffLimitPerIndex >= 0, "no backoffLimitPerIndex")
	p.unless(s.BackoffLimit == nil, "backoffLimit counts the failures of all indexes")
	p.unless(s.MaxFailedIndexes == nil || *s.MaxFailedIndexes <= completions, "maxFailedIndexes is above completions")
	p.unless(value(s.PodReplacementPolicy) == batchv1.Failed, "podReplacementPolicy is not Failed, so two pods could train one run")
	return p
}

// wanted is what happens after an exit code of the program. The other codes count as
// failures of the index, such as 5 for a run that is in use, and 1.
var wanted = map[int32]struct {
	action batchv1.PodFailurePolicyAction
	why    string // part of the help
}{
	2:  {batchv1.PodFailurePolicyActionFailJob, "2 usage or configuration"},
	3:  {batchv1.PodFailurePolicyActionFailIndex, "3 data"},
	4:  {batchv1.PodFailurePolicyActionFailIndex, "4 diverged"},
	75: {batchv1.PodFailurePolicyActionIgnore, "75 stopped by a signal or the time limit"},
}

var documented = regexp.MustCompile(`(?:EXIT CODES:\n|·|\n) +(\d+) [a-z]`)

// policyCodes compares the policy with the exit codes that help documents.
func policyCodes(job *batchv1.Job, help string) (p problems) {
	_, list, _ := strings.Cut(help, "EXIT CODES:")
	var known []int32
	for _, match := range documented.FindAllStringSubmatch("EXIT CODES:"+list, -1) {
		code, _ := strconv.Atoi(match[1])
		known = append(known, int32(code))
	}
	p.unless(len(known) >= 8, "help documents only the codes %v", known)
	actions := make(map[int32]batchv1.PodFailurePolicyAction)
	for _, rule := range value(job.Spec.PodFailurePolicy).Rules {
		if rule.OnExitCodes == nil {
			continue
		}
		p.unless(rule.OnExitCodes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn, "operator %s also matches codes that are not documented", rule.OnExitCodes.Operator)
		for _, code := range rule.OnExitCodes.Values {
			p.unless(slices.Contains(known, code), "code %d is not documented", code)
			if _, ok := actions[code]; !ok {
				actions[code] = rule.Action
			}
		}
	}
	for _, code := range known {
		w, ok := wanted[code]
		p.unless(actions[code] == w.action, "code %d has the action %q, want %q", code, actions[code], w.action)
		p.unless(!ok || strings.Contains(list, w.why), "help does not say %q", w.why)
	}
	return p
}

// restricted evaluates the Pod Security Standard "restricted" of Kubernetes.
func restricted(job *batchv1.Job) (p problems) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return problems{err.Error()}
	}
	level := admission.LevelVersion{Level: admission.LevelRestricted, Version: admission.LatestVersion()}
	template := job.Spec.Template
	for _, result := range evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
		p.unless(result.Allowed, "%s %s", result.ForbiddenReason, result.ForbiddenDetail)
	}
	return p
}

// pod checks what this program needs of its container.
func pod(job *batchv1.Job) (p problems) {
	s := job.Spec.Template.Spec
	if len(s.Containers) != 1 {
		return problems{fmt.Sprintf("%d containers", len(s.Containers))}
	}
	c := s.Containers[0]
	p.unless(c.SecurityContext != nil && value(c.SecurityContext.ReadOnlyRootFilesystem), "the root file system is not read-only")
	p.unless(value(s.SecurityContext).RunAsUser != nil && *s.SecurityContext.RunAsUser == 65532, "the user is not that of the image")
	p.unless(s.EnableServiceLinks != nil && !*s.EnableServiceLinks, "a service could set variables GAETRAIN_*")
	p.unless(s.AutomountServiceAccountToken != nil && !*s.AutomountServiceAccountToken, "the pod has a token of the cluster")
	p.unless(value(s.TerminationGracePeriodSeconds) >= 10, "terminationGracePeriodSeconds is %d, and saving takes up to 5 s", value(s.TerminationGracePeriodSeconds))
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		limit, request := c.Resources.Limits[name], c.Resources.Requests[name]
		p.unless(!limit.IsZero() && !request.IsZero() && request.Cmp(limit) <= 0, "%s: request %s, limit %s", name, &request, &limit)
	}
	p.unless(c.LivenessProbe != nil && c.LivenessProbe.Exec != nil && len(c.LivenessProbe.Exec.Command) > 1 && c.LivenessProbe.Exec.Command[1] == "health", "the liveness probe is not gaetrain health")
	for _, v := range c.Env {
		p.unless(strings.HasPrefix(v.Name, "GAETRAIN_"), "variable %s", v.Name)
	}
	return p
}

// volumes checks that each volume exists and is mounted, that only the volume of runs is
// writable, and that the sweep file of the arguments is in a ConfigMap.
func (m *manifests) volumes() (p problems) {
	s := m.job.Spec.Template.Spec
	mounted := make(map[string]string)
	for _, mount := range s.Containers[0].VolumeMounts {
		mounted[mount.Name] = mount.MountPath
		p.unless(mount.ReadOnly != (mount.MountPath == "/runs"), "%s: readOnly is %t", mount.MountPath, mount.ReadOnly)
	}
	var files []string
	for _, v := range s.Volumes {
		at, ok := mounted[v.Name]
		p.unless(ok, "volume %s is not mounted", v.Name)
		delete(mounted, v.Name)
		switch {
		case v.ConfigMap != nil:
			c, ok := m.configs[v.ConfigMap.Name]
			p.unless(ok, "no ConfigMap %s", v.ConfigMap.Name)
			for name := range c.Data {
				files = append(files, path.Join(at, name))
			}
		case v.PersistentVolumeClaim != nil:
			_, ok := m.claims[v.PersistentVolumeClaim.ClaimName]
			p.unless(ok, "no claim %s", v.PersistentVolumeClaim.ClaimName)
		default:
			p.unless(false, "volume %s is neither a ConfigMap nor a claim", v.Name)
		}
	}
	p.unless(len(mounted) == 0, "no volume for %v", mounted)
	arguments := s.Containers[0].Args
	p.unless(len(arguments) == 2 && arguments[0] == "sweep" && slices.Contains(files, arguments[1]), "arguments are %q, and the files are %q", arguments, files)
	return p
}

// queued checks the label of Kueue, which starts a suspended Job.
func queued(job *batchv1.Job, queue string) (p problems) {
	label := job.Labels["kueue.x-k8s.io/queue-name"]
	p.unless(label == queue, "queue-name is %q, want %q", label, queue)
	p.unless(value(job.Spec.Suspend) == (queue != ""), "suspend is %t", value(job.Spec.Suspend))
	return p
}
