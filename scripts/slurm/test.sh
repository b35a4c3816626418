#!/usr/bin/env bash
# Runs a sweep as a real Slurm array on this machine, disturbs it, and compares its runs with
# those of an undisturbed sweep.
#
#   bash scripts/slurm/test.sh
#
# Slurm has two nodes here, which are two daemons. The time limit of the tasks is shorter
# than the jobs. Two tasks are killed, and one node is drained and resumed. Needs root, Go and
# Debian's slurm-wlm, which is installed if it is missing. Takes four minutes. The
# last line has the number of checks that passed and failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
chmod 755 "$work"
daemons=()
passed=0 failed=0

stop() {
	scancel --user="$(id -un)" >/dev/null 2>&1 || true
	for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do # munged last, because the others need it
		kill "${daemons[i]}" 2>/dev/null || true
		wait "${daemons[i]}" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap stop EXIT

step() { printf -- '-- %s, after %d s\n' "$*" "$SECONDS"; }

# check WHAT COMMAND… counts whether a command succeeds.
check() {
	if "${@:2}"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED: %s\n' "$1" >&2
	fi
}

# within SECONDS COMMAND… repeats a command until it succeeds.
within() {
	local end=$((SECONDS + $1))
	until "${@:2}"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

install() {
	if command -v slurmctld munged >/dev/null; then return; fi
	{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slurm-wlm munge; } >"$work/apt" 2>&1 || {
		cat "$work/apt" >&2
		exit 1
	}
}

# start LOG COMMAND… starts a daemon in the foreground mode that it has.
start() {
	"${@:2}" >"$work/$1" 2>&1 &
	daemons+=($!)
}

# cluster starts a controller and two nodes with three processors each.
cluster() {
	local host
	host=$(hostname -s)
	mkdir "$work/state"
	dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 2>/dev/null
	chmod 400 "$work/munge.key"
	cat >"$work/slurm.conf" <<-CONF
		ClusterName=gaetrain
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=16817
		AuthType=auth/munge
		AuthInfo=socket=$work/munge.socket,cred_expire=5
		SlurmUser=root
		SlurmdUser=root
		StateSaveLocation=$work/state
		SlurmdSpoolDir=$work/spool-%n
		SlurmctldPidFile=$work/slurmctld.pid
		SlurmdPidFile=$work/slurmd-%n.pid
		ProctrackType=proctrack/pgid
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		MpiDefault=none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SchedulerType=sched/builtin
		ReturnToService=2
		KillWait=15
		SlurmdParameters=config_overrides
		NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=3
		NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=3
		PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
	CONF
	export SLURM_CONF=$work/slurm.conf
	start munged.log munged --force --foreground --key-file="$work/munge.key" --socket="$work/munge.socket" \
		--pid-file="$work/munged.pid" --log-file="$work/munged.txt" --seed-file="$work/munge.seed"
	within 10 test -S "$work/munge.socket"
	start slurmctld.log slurmctld -D
	start n1.log slurmd -D -N n1
	start n2.log slurmd -D -N n2
	within 60 idle
}

idle() { [ "$(sinfo --noheader --Node --format=%T 2>/dev/null | sort -u)" = idle ]; }

# task FIELD ID prints a field of a task, such as JobState, Restarts or ExitCode.
task() { scontrol show job "$2" 2>/dev/null | grep -o "\b$1=[^ ]*" | head -1 | cut -d= -f2; }
is() { [ "$(task "$1" "$2")" = "$3" ]; }

# job NUMBER is the run folder of a job.
job() { gaetrain sweep "$work/sweep.toml" --list --format csv --out "$work/array/sweep" | sed -n "$(($1 + 2))p" | cut -d, -f6; }
shell() { awk '{ print $4 }' "/proc/$(process "$1")/stat"; } # the parent of the process
process() { grep -o '"process": [0-9]*' "$(job "$1")/state.json" | grep -o '[0-9]*$'; }
states() { gaetrain sweep "$work/sweep.toml" --list --format csv --out "$work/array/sweep" | cut -d, -f5 | grep -cx "$1"; }
all_done() { [ "$(states 'done')" = 12 ]; }
trains() { [ -f "$(job "$1")/checkpoint/last.safetensors" ] && is JobState "${array}_$1" RUNNING; }

# unfinished prints why jobs are not done.
unfinished() {
	squeue --all >&2
	for n in {0..11}; do
		[ -f "$(job "$n")/metrics.json" ] || tail -n 4 "$work/array-$n.log" >&2
	done
}

# running lists the numbers of the running tasks of the array, on a node if one is given.
running() { squeue --noheader --array --states=RUNNING ${1:+--nodelist="$1"} --jobs="$array" --format=%K; }
used() { [ -n "$(running "$1")" ]; }
none_on() { [ -z "$(running "$1")" ]; }

# submit NAME OPTIONS ARGUMENT… submits train.sbatch with options of sbatch, as words of one
# argument, and arguments of the script.
submit() {
	# shellcheck disable=SC2086
	sbatch --parsable --output="$work/$1-%a.log" $2 scripts/slurm/train.sbatch "${@:3}"
}

# epochs_once NUMBER checks that a job has finished each epoch once. A job that was killed
# may have repeated the one epoch whose checkpoint was not saved.
epochs_once() {
	local most=0 repeated
	case " ${killed[*]} " in *" $1 "*) most=1 ;; esac
	repeated=$(grep -o 'msg="epoch [0-9]*/' "$work/array-$1.log" | sort | uniq -d | wc -l)
	[ "$repeated" -le "$most" ] && [ "$(grep -c '"split":"train"' "$(job "$1")/metrics.jsonl")" = "$epochs" ] &&
		[ -z "$(grep -o '"epoch":[0-9]*,"step":[0-9]*,"split":"[a-z]*"' "$(job "$1")/metrics.jsonl" | sort | uniq -d)" ]
}

same_bytes() { check-runs same "$(job "$1")" "$work/alone/sweep/$(basename "$(job "$1")")" >"$work/same" 2>&1 || { cat "$work/same" >&2; false; }; }

# ends_with CODE FILE submits one job, which must end with an exit code and not start again.
ends_with() {
	local id
	id=$(submit "code-$1" "" "$work/$2" --out "$work/code-$1" --index 0)
	within 60 is JobState "$id" FAILED && is ExitCode "$id" "$1:0" && is Restarts "$id" 0
}

step "program"
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath" GOTOOLCHAIN=local
mkdir -p "$work/bin"
go build -o "$work/bin/gaetrain" ./cmd/gaetrain
go build -o "$work/bin/check-runs" ./scripts/check
export PATH="$work/bin:$PATH"

# sweep EPOCHS writes the file of the sweep.
sweep() {
	cat >"$work/sweep.toml" <<-SWEEP
		seeds = 3
		[settings]
		epochs = $1
		train-images = 2000
		test-images = 200
		hidden = [128]
		pictures = 0
		[grid]
		code = [8, 16]
		learning-rate = [0.001, 0.003]
	SWEEP
}

# A job takes about 12 s of a processor, so that jobs reach their time limit on any machine.
step "time of an epoch"
sweep 50
took=$(date +%s%N)
GOMAXPROCS=1 gaetrain sweep "$work/sweep.toml" --index 0 --out "$work/timed" --quiet >/dev/null
took=$((($(date +%s%N) - took) / 1000000))
epochs=${EPOCHS:-$((50 * 12000 / took))}
sweep "$epochs"
printf '%d epochs\n' "$epochs"

step "undisturbed sweep"
gaetrain sweep "$work/sweep.toml" --jobs 2 --out "$work/alone/sweep" --quiet

step "cluster"
install
cluster

step "array of 12 jobs with a time limit that is shorter than a job"
array=$(submit array "--array=0-11 --time=1 --signal=B:USR1@58" "$work/sweep.toml" --out "$work/array/sweep")
first() { [ "$(running | wc -l)" = 6 ] && for n in $(running); do trains "$n" || return 1; done; }
check "six jobs train" within 60 first
killed=("$(running n1 | head -1)" "$(running n2 | head -1)")

step "kill jobs ${killed[*]}"
check "the process of job ${killed[0]} is killed" kill -KILL "$(process "${killed[0]}")"
orphan=$(process "${killed[1]}")
gone() { ! kill -0 "$orphan" 2>/dev/null; }
check "the shell of task ${killed[1]} is killed" kill -KILL "$(shell "${killed[1]}")"
check "its process does not outlive it" within 20 gone
for n in "${killed[@]}"; do
	check "task $n fails" within 30 is JobState "${array}_$n" FAILED
	check "task $n starts again" scontrol requeue "${array}_$n"
done

step "drain a node"
check "the node is drained" scontrol update NodeName=n2 State=DRAIN Reason=maintenance
for n in $(running n2); do
	scontrol requeue "${array}_$n" || true # it may have ended
done
check "the node is empty" within 40 none_on n2
sleep 5
check "the node stays empty" none_on n2
check "other jobs go on" used n1
check "the node is resumed" scontrol update NodeName=n2 State=RESUME
check "the node is used again" within 60 used n2

step "the rest of the array"
check "all 12 jobs are done" within "${LIMIT:-300}" all_done
all_done || unfinished
check "no task is left" within 60 none_on n1
requeued=$({ grep -l 'is requeued after exit code 75' "$work"/array-*.log || true; } | wc -l)
printf '%d of 12 tasks were requeued at their time limit\n' "$requeued"
check "the time limit stopped tasks" test "$requeued" -gt 0
check "no two processes had one run" bash -c "! grep -q 'in use by another process' '$work'/array-*.log"
for n in {0..11}; do
	check "job $n finished each epoch once" epochs_once "$n"
	check "job $n has the bytes of an undisturbed run" same_bytes "$n"
done
check "the results are collected" gaetrain sweep "$work/sweep.toml" --collect --out "$work/array/sweep" --format csv >"$work/results.csv"
check "there are 12 results" test "$(grep -c ',done,' "$work/results.csv")" = 12

step "an array that is submitted again trains nothing"
again=$(submit again "--array=0-11 --time=1" "$work/sweep.toml" --out "$work/array/sweep")
ended() { [ "$(squeue --noheader --jobs="$again" 2>/dev/null | wc -l)" = 0 ]; }
check "it ends" within 60 ended
check "all of its jobs were done" test "$(cat "$work"/again-*.log | grep -c '^job [0-9]* is done: ')" = 12

step "exit codes that do not start a task again"
printf '[settings]\ncode = 0\n' >"$work/usage.toml"
printf '[settings]\ndataset = "idx:%s/missing"\n' "$work" >"$work/data.toml"
printf '[settings]\nsolver = "sgd"\nlearning-rate = 1e6\ntrain-images = 200\npictures = 0\n' >"$work/diverges.toml"
check "configuration" ends_with 2 usage.toml
check "data" ends_with 3 data.toml
check "divergence" ends_with 4 diverges.toml

step "a task that is cancelled"
cancelled=$(submit cancelled "" "$work/sweep.toml" --out "$work/cancelled" --index 0)
check "it trains" within 60 test -f "$work/cancelled/code=8_learning-rate=0.001_seed=1/checkpoint/last.safetensors"
check "it is cancelled" scancel "$cancelled"
check "it ends" within 30 is JobState "$cancelled" CANCELLED
sleep 6
check "it does not start again" is JobState "$cancelled" CANCELLED
check "it saved a checkpoint" grep -q '"phase": "stopped"' "$work/cancelled/code=8_learning-rate=0.001_seed=1/state.json"

step "done"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
