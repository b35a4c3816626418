// Command check tests the manifests of a folder with a kustomization: it builds them as
// `kubectl apply -k` does, decodes them strictly into the types of the Kubernetes API,
// validates them with the code of the API server, and checks what this program needs.
//
//	go -C scripts/k8s/check run . -program ./gaetrain -jobs 12 scripts/k8s/base
//
// It prints a line for each check, and ends with code 1 if one failed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

func main() {
	program := flag.String("program", "gaetrain", "The program, whose help lists the exit codes")
	jobs := flag.Int("jobs", 0, "Number of jobs of the sweep")
	queue := flag.String("queue", "", "Name of the queue of Kueue; empty for none")
	flag.Parse()
	failed := 0
	for _, folder := range flag.Args() {
		for name, problems := range checks(folder, *program, *jobs, *queue) {
			if len(problems) == 0 {
				fmt.Printf("passed: %s: %s\n", folder, name)
				continue
			}
			failed++
			fmt.Printf("failed: %s: %s: %s\n", folder, name, strings.Join(problems, "; "))
		}
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// manifests are the objects of a kustomization.
type manifests struct {
	job     batchv1.Job
	configs map[string]corev1.ConfigMap
	claims  map[string]corev1.PersistentVolumeClaim
}

// build makes the objects of a folder, each decoded strictly: an unknown or duplicate
// field is an error.
func build(folder string) (*manifests, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	m := &manifests{configs: map[string]corev1.ConfigMap{}, claims: map[string]corev1.PersistentVolumeClaim{}}
	for _, object := range built.Resources() {
		text, err := object.AsYAML()
		if err != nil {
			return nil, err
		}
		if err := m.add(object.GetKind(), text); err != nil {
			return nil, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return m, nil
}

func (m *manifests) add(kind string, text []byte) error {
	switch kind {
	case "Job":
		if m.job.Name != "" {
			return fmt.Errorf("is the second one")
		}
		return decode(text, &m.job)
	case "ConfigMap":
		var c corev1.ConfigMap
		err := decode(text, &c)
		m.configs[c.Name] = c
		return err
	case "PersistentVolumeClaim":
		var c corev1.PersistentVolumeClaim
		err := decode(text, &c)
		m.claims[c.Name] = c
		return err
	}
	return fmt.Errorf("is of a kind that is not checked")
}

// decode is as strict as the API server with fieldValidation=Strict: names of fields are
// case-sensitive, known, and there once.
func decode(text []byte, object any) error {
	data, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	ignored, err := json.UnmarshalStrict(data, object)
	return errors.Join(append(ignored, err)...)
}

// checks returns the problems of each check of a folder.
func checks(folder, program string, jobs int, queue string) map[string][]string {
	m, err := build(folder)
	if err != nil {
		return map[string][]string{"builds and decodes strictly": {err.Error()}}
	}
	help, err := exec.Command(program, "train", "--help").Output()
	if err != nil {
		return map[string][]string{"help of the program": {err.Error()}}
	}
	return map[string][]string{
		"builds and decodes strictly":                                    nil,
		"Indexed Job with a limit for each index":                        indexed(&m.job, jobs),
		"valid for the API server":                                       m.valid(),
		"failure policy has an action for each exit code of the program": policyCodes(&m.job, string(help)),
		"pods meet the restricted security standard":                     restricted(&m.job),
		"read-only root, resources, probe, no service links":             pod(&m.job),
		"volumes are mounted and exist":                                  m.volumes(),
		"queue":                                                          queued(&m.job, queue),
	}
}
