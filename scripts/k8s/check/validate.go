package main

import (
	"maps"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchconversion "k8s.io/kubernetes/pkg/apis/batch/v1"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	coreconversion "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
)

// valid returns what the API server has against the objects. They get the defaults, the
// identity and the labels that the server gives them.
func (m *manifests) valid() (p problems) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{batchconversion.AddToScheme, coreconversion.AddToScheme} {
		if err := add(scheme); err != nil {
			return problems{err.Error()}
		}
	}
	report := func(name string, converted error, list field.ErrorList) {
		p.unless(converted == nil, "%s: %v", name, converted)
		for _, err := range list {
			p.unless(false, "%s: %v", name, err)
		}
	}
	job := serverLabels(m.job.DeepCopy())
	scheme.Default(job)
	var internal batch.Job
	err := batchconversion.Convert_v1_Job_To_batch_Job(job, &internal, nil)
	report(job.Name, err, batchvalidation.ValidateJobCreate(&internal, batchvalidation.JobValidationOptions{RequirePrefixedLabels: true}))
	for _, name := range slices.Sorted(maps.Keys(m.claims)) {
		claim := m.claims[name]
		identify(&claim.ObjectMeta)
		scheme.Default(&claim)
		var internal core.PersistentVolumeClaim
		err := coreconversion.Convert_v1_PersistentVolumeClaim_To_core_PersistentVolumeClaim(&claim, &internal, nil)
		report(name, err, corevalidation.ValidatePersistentVolumeClaim(&internal, corevalidation.PersistentVolumeClaimSpecValidationOptions{}))
	}
	for _, name := range slices.Sorted(maps.Keys(m.configs)) {
		config := m.configs[name]
		identify(&config.ObjectMeta)
		var internal core.ConfigMap
		err := coreconversion.Convert_v1_ConfigMap_To_core_ConfigMap(&config, &internal, nil)
		report(name, err, corevalidation.ValidateConfigMap(&internal))
	}
	return p
}

// identify gives an object what the server gives it.
func identify(o *metav1.ObjectMeta) {
	o.Namespace, o.UID = corev1.NamespaceDefault, types.UID("11111111-2222-3333-4444-555555555555")
}

// serverLabels gives a Job the selector and the labels that the server gives it.
func serverLabels(job *batchv1.Job) *batchv1.Job {
	identify(&job.ObjectMeta)
	labels := map[string]string{
		"controller-uid": string(job.UID), batchv1.ControllerUidLabel: string(job.UID), "job-name": job.Name, batchv1.JobNameLabel: job.Name,
	}
	maps.Copy(labels, job.Spec.Template.Labels)
	job.Spec.Template.Labels = labels
	job.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.ControllerUidLabel: string(job.UID)}}
	return job
}
