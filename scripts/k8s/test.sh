#!/usr/bin/env bash
# Tests the manifests: bash scripts/k8s/test.sh [GAETRAIN]
#
# It builds them as `kubectl apply -k` does, decodes them strictly into the types of the
# Kubernetes API, checks them, and runs what the container of one job runs: the arguments,
# the liveness probe, a stop by SIGTERM and the pod that continues. It needs Go, and no
# cluster. GAETRAIN is the program; by default it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
passed=0 failed=0 running=''
trap '[ -z "$running" ] || kill -KILL "$running" 2>/dev/null || true; rm -rf "$work"' EXIT

# count reads lines that begin with passed or failed, and prints them.
count() {
	local line
	while read -r line; do
		printf '%s\n' "$line"
		case $line in
		passed:*) passed=$((passed + 1)) ;;
		failed:*) failed=$((failed + 1)) ;;
		esac
	done
}

# verdict TEXT GOT WANT counts a comparison.
verdict() {
	if [ "$2" = "$3" ]; then count <<<"passed: $1"; else count <<<"failed: $1: $2, want $3"; fi
}

program=${1:-}
if [ -z "$program" ]; then
	program=$work/gaetrain
	CGO_ENABLED=0 go build -trimpath -o "$program" ./cmd/gaetrain
fi
program=$(realpath "$program")
base=scripts/k8s/base

go -C scripts/k8s/check build -o "$work/check" .
"$program" sweep "$base/rates.toml" --list --format csv >"$work/list"
jobs=$(($(wc -l <"$work/list") - 1))
count < <("$work/check" -program "$program" -jobs "$jobs" "$base"; "$work/check" -program "$program" -jobs "$jobs" -queue training scripts/k8s/kueue)

# What the container of job 5 runs, with less data. The paths of the container are below
# the folder of the test.
read -ra arguments < <(sed -n 's/^ *args: \[\(.*\)\]$/\1/p' "$base/job.yaml" | tr -d ,)
read -ra probe < <(sed -n 's/^ *command: \[\(.*\)\]$/\1/p' "$base/job.yaml" | tr -d ,)
arguments=("${arguments[@]/#\/sweep/$base}")
probe=("${probe[@]/#\/usr\/local\/bin\/gaetrain/$program}")
probe=("${probe[@]/#\/runs/$work/runs}")
out=$(sed -n '/GAETRAIN_OUT/{n;s/^ *value: //p}' "$base/job.yaml")
export JOB_COMPLETION_INDEX=5 GAETRAIN_OUT=$work$out GAETRAIN_TRAIN_IMAGES=1000 GAETRAIN_TEST_IMAGES=100 GAETRAIN_PICTURES=0

# code COMMAND… prints the exit code.
code() {
	local code=0
	"$@" >>"$work/log" 2>&1 || code=$?
	echo "$code"
}

verdict "the probe fails before the run exists" "$(code "${probe[@]}" --grace 0s)" 5
"$program" "${arguments[@]}" >"$work/log" 2>&1 &
running=$!
for ((tenths = 0; tenths < 600; tenths++)); do
	! ls "$GAETRAIN_OUT"/*/checkpoint/last.safetensors >/dev/null 2>&1 || break
	sleep 0.1
done
verdict "the probe passes while the job trains" "$(code "${probe[@]}" --grace 0s)" 0
kill -TERM "$running"
stopped=0
wait "$running" || stopped=$?
running=''
verdict "SIGTERM ends the job with the code that is ignored" "$stopped" 75
verdict "the probe fails after it" "$(code "${probe[@]}" --grace 0s)" 1
verdict "the next pod finishes the job" "$(code "$program" "${arguments[@]}")" 0
verdict "the probe passes after it" "$(code "${probe[@]}" --grace 0s)" 0
verdict "one run, of one job" "$(find "$GAETRAIN_OUT" -name metrics.json | wc -l)" 1
verdict "an index without a job is a configuration error" "$(code env JOB_COMPLETION_INDEX="$jobs" "$program" "${arguments[@]}")" 2

[ "$failed" = 0 ] || cat "$work/log" >&2
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
