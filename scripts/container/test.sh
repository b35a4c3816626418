#!/usr/bin/env bash
# Builds the container image from the Dockerfile and tests it: two builds are equal, the
# size, the SBOM, the labels, the default command with a read-only root file system, the
# health check, the limits of a cgroup, invalid settings, a stop by a signal, and resuming.
#
#   bash scripts/container/test.sh
#
# No image is pulled, and there is no network. Both base images are made here: a
# build image with a shell, in which this machine's Go is mounted, and a base image
# with a user and CA certificates. Needs root, Go, and Debian's buildah and
# busybox-static.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
count=0
group=gaetrain-test-$$

finish() {
	local code=$?
	trap - EXIT
	buildah rm --all >/dev/null 2>&1 || true
	rmdir /sys/fs/cgroup/{,cpu/,memory/}"$group" 2>/dev/null || true
	rm -rf "$work"
	printf '%d passed, %d failed\n' "$count" $((code != 0))
	exit "$code"
}
trap 'finish' EXIT
chmod 755 "$work" # for the user in the container

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
export CONTAINERS_STORAGE_CONF="$work/storage.conf"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/storage" "$work/state" >"$work/storage.conf"

# offline runs a command without a network. Isolation by chroot does not remove the network.
offline() { unshare --net "$@"; }

step() { printf -- '-- %s\n' "$*"; }
passed() {
	count=$((count + 1))
	printf 'passed: %s\n' "$*"
}
fail() {
	printf 'container: %s\n' "$*" >&2
	exit 1
}

# commit CONTAINER NAME makes an image of a working container.
commit() {
	buildah commit --quiet "$1" "$2" >/dev/null
	buildah rm "$1" >/dev/null
}

# add_root CONTAINER FOLDER copies a folder of this machine to the container's root.
add_root() { buildah copy --quiet "$1" "$2" / >/dev/null; }

# build_image makes a replacement of the golang image: only a shell. Go, the module
# downloads and the build cache of this machine are mounted, so the build needs no network.
build_image() {
	local root=$work/build image name
	mkdir -p "$root"/{bin,tmp,usr/local/go,modules,cache}
	chmod 1777 "$root/tmp"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for name in sh mkdir; do ln -s busybox "$root/bin/$name"; done
	image=$(buildah from scratch)
	add_root "$image" "$root"
	buildah config --env PATH=/usr/local/go/bin:/bin --env HOME=/tmp --env GOCACHE=/cache \
		--env GOPROXY=file:///modules --env GOTOOLCHAIN=local "$image"
	commit "$image" localhost/build
	go mod download
	mounts=(--volume "$(go env GOROOT):/usr/local/go:ro" --volume "$(go env GOMODCACHE)/cache/download:/modules:ro"
		--volume "$(go env GOCACHE):/cache")
}

# base_image makes a replacement of distroless/static: no shell, no libraries.
base_image() {
	local root=$work/base image
	mkdir -p "$root"/{tmp,proc,sys/fs/cgroup,etc/ssl/certs,home/nonroot}
	chmod 1777 "$root/tmp"
	echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$root/etc/passwd"
	echo 'nonroot:x:65532:' >"$root/etc/group"
	cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	image=$(buildah from scratch)
	add_root "$image" "$root"
	buildah config --user 65532:65532 "$image"
	commit "$image" localhost/base
}

# inspect FORMAT reads a value of the image's configuration.
inspect() { buildah inspect --type image --format "{{$1}}" localhost/gaetrain; }

# join NAME moves this process into the cgroup, if there is one.
join() {
	local folder
	for folder in /sys/fs/cgroup/{,cpu/,memory/}"$group"; do
		[ ! -d "$folder" ] || echo "$BASHPID" >"$folder/cgroup.procs"
	done
}

# start [NAME=VALUE…] -- [ARGUMENT…] runs the image as a container runtime would: as
# process 1, with the entrypoint, the environment and the user of the image, and no
# network. The root file system is read-only, and only the two volumes are writable.
start() {
	local settings=()
	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	[ $# -gt 0 ] || set -- "$command"
	(
		join
		exec unshare --mount --net --pid --fork --kill-child bash -c '
			set -euo pipefail
			root=$1 work=$2
			shift 2
			mount --make-rprivate /
			mount --bind "$root" "$root"
			mount -o remount,bind,ro "$root"
			mount --bind "$work/data" "$root/data"
			mount --bind "$work/runs" "$root/runs"
			mount -t proc proc "$root/proc"
			mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
			cd "$root"
			exec env -i "$@"' container "$root" "$work" "${environment[@]}" "${settings[@]}" \
			chroot --userspec=65532:65532 "$root" "$entrypoint" "$@"
	)
}

# processes PID lists the programs below a process that run gaetrain.
processes() {
	local child
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		case $(readlink "/proc/$child/exe" || true) in */gaetrain) echo "$child" ;; esac
		processes "$child"
	done
}

step "base images"
build_image
base_image

step "image, built twice without a network"
bases=("${mounts[@]}" --build-arg BUILD_IMAGE=localhost/build --build-arg BASE_IMAGE=localhost/base)
cp -r . "$work/copy" # other times of files, another path
for tree in "$work/copy" .; do
	offline "$tree/scripts/container/build" "$work/$(basename "$(realpath "$tree")").out" "${bases[@]}"
done
first=$work/copy.out second=$work/$(basename "$PWD").out
for file in digest image sbom.cdx.json; do
	cmp "$first/$file" "$second/$file" || fail "two builds differ in $file"
done
passed "two builds have the same digest and SBOM: $(cat "$second/digest")"

step "what the image is"
entrypoint=$(inspect 'index .OCIv1.Config.Entrypoint 0')
command=$(inspect 'index .OCIv1.Config.Cmd 0')
mapfile -t environment < <(buildah inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' localhost/gaetrain | sed '/^$/d')
[ "$(inspect .OCIv1.Config.User)" = 65532:65532 ] || fail "the image runs as $(inspect .OCIv1.Config.User)"
[ "$command" = train ] || fail "the default command is $command"
[ "$(inspect .OCIv1.Config.Volumes)" = "map[/data:{} /runs:{}]" ] || fail "the volumes are $(inspect .OCIv1.Config.Volumes)"
grep -q "^HEALTHCHECK .*CMD \[\"$entrypoint\", \"health\"\]\$" Dockerfile || fail "the health check does not run $entrypoint health"
passed "user, command, volumes and health check"
label() { inspect "index .OCIv1.Config.Labels \"org.opencontainers.image.$1\""; }
for name in title description version created base.name; do
	[ -n "$(label $name)" ] || fail "the label $name is missing"
done
[ -n "$(git status --porcelain)" ] || [ "$(label revision)" = "$(git rev-parse HEAD)" ] || fail "the revision is $(label revision)"
passed "labels: version $(label version), created $(label created)"
container=$(buildah from localhost/gaetrain)
root=$(buildah mount "$container")
size=$(du -sb --apparent-size "$root" | cut -f1)
[ "$size" -lt 38000000 ] || fail "the image has $size bytes, want less than 38 MB, because the usual base image has 2 MB"
passed "size: $size bytes unpacked, $(gzip -c "$root/usr/local/bin/gaetrain" | wc -c) bytes for the compressed binary"
for module in gorgonia.org/gorgonia std; do
	grep -q "\"name\": \"$module\"" "$second/sbom.cdx.json" || fail "$module is not in the SBOM"
done
grep -q "$(sha256sum "$root/usr/local/bin/gaetrain" | cut -d' ' -f1)" "$second/sbom.cdx.json" || fail "the SBOM does not have the digest of the binary"
passed "SBOM: $(grep -c '"type": "library"' "$second/sbom.cdx.json") modules, and the digest of the binary"
mkdir "$work/data" "$work/runs"
chown 65532:65532 "$work/data" "$work/runs"
start -- version | tee "$work/version"
grep -q "^gaetrain $(label version), " "$work/version" || fail "the version is not $(label version)"
[ -z "$(label revision)" ] || grep -qx "commit $(label revision) of $(label created)" "$work/version" || fail "the commit is not $(label revision) of $(label created)"
passed "version prints what the labels say"

step "default command with a read-only root file system, two epochs"
start GAETRAIN_EPOCHS=2 --
go run ./scripts/check run -epochs 2 -mse 0.05 "$work/runs/dense-sample-1"
[ -z "$(find "$work/runs" "$work/data" ! -user 65532)" ] || fail "files of another user: $(find "$work/runs" ! -user 65532)"
passed "default command"
start GAETRAIN_GRACE=0s -- health | grep -qx 'done: runs/dense-sample-1' || fail "the finished run is not healthy"
start GAETRAIN_RUN=/runs/none -- health | grep -q '^starting: ' || fail "a new container without a run is not healthy"
code=0
start GAETRAIN_RUN=/runs/none GAETRAIN_GRACE=0s -- health || code=$?
[ "$code" = 5 ] || fail "health of no run ends with code $code, want 5"
passed "health of a finished run, in the grace, and of no run"

step "limits of a cgroup"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	made=$(mkdir "/sys/fs/cgroup/$group" && echo 512M >"/sys/fs/cgroup/$group/memory.max" && echo "100000 100000" >"/sys/fs/cgroup/$group/cpu.max" && echo yes) 2>/dev/null || true
else
	made=$(mkdir /sys/fs/cgroup/{cpu,memory}/"$group" && echo 512M >"/sys/fs/cgroup/memory/$group/memory.limit_in_bytes" &&
		echo 100000 >"/sys/fs/cgroup/cpu/$group/cpu.cfs_quota_us" && echo yes) 2>/dev/null || true
fi
if [ "$made" = yes ]; then
	start -- version | tee "$work/version"
	grep -qx "threads 1, memory at most 460.8 MiB, 90 % of the container's limit of 512 MiB" "$work/version" || fail "the limits are not those of the cgroup"
	start GOMEMLIMIT=300MiB GOMAXPROCS=2 -- version | tail -1 | grep -qx "threads 2, memory at most 300 MiB, with GOMEMLIMIT=300MiB" || fail "GOMEMLIMIT and GOMAXPROCS are not used"
	start GAETRAIN_EPOCHS=1 GAETRAIN_RUN=/runs/limited -- 2>/dev/null >/dev/null
	passed "memory and processors, and training within them"
	rmdir /sys/fs/cgroup/{,cpu/,memory/}"$group" 2>/dev/null || true
else
	echo "left out: this machine does not let a test make a cgroup with limits"
fi

step "an unknown variable, and an invalid value"
for bad in GAETRAIN_EPOCH=2 GAETRAIN_EPOCHS=two; do
	code=0
	start "$bad" -- 2>"$work/stderr" || code=$?
	cat "$work/stderr" >&2
	[ "$code" = 2 ] || fail "$bad ended with code $code, want 2"
	grep -q GAETRAIN_EPOCHS "$work/stderr" || fail "$bad: the error does not name GAETRAIN_EPOCHS"
done
passed "invalid settings"

step "stopped by SIGTERM, resumed, and the same as an uninterrupted run"
settings=(GAETRAIN_EPOCHS=6 GAETRAIN_RESUME=true)
start "${settings[@]}" GAETRAIN_RUN=/runs/stopped/run -- 2>"$work/stderr" &
running=$!
for ((tenths = 0; tenths < 600; tenths++)); do
	! grep -q 'epoch 1/6' "$work/stderr" || break
	sleep 0.1
done
start GAETRAIN_RUN=/runs/stopped/run GAETRAIN_GRACE=0s -- health | grep -q '^running: ' || fail "the run is not healthy while it trains"
stopped=$(processes "$running")
[ -n "$stopped" ] || fail "there is no gaetrain process to stop: $(cat "$work/stderr")"
began=$(date +%s%N)
kill -TERM "$stopped"
code=0
wait "$running" || code=$?
took=$((($(date +%s%N) - began) / 1000000))
cat "$work/stderr" >&2
[ "$code" = 75 ] || fail "after SIGTERM, the exit code is $code, want 75"
[ "$took" -lt 5000 ] || fail "after SIGTERM, the process took $took ms, want less than 5000"
passed "process 1 ended with code 75, $took ms after SIGTERM"
code=0
start GAETRAIN_RUN=/runs/stopped/run GAETRAIN_GRACE=0s -- health || code=$?
[ "$code" = 1 ] || fail "health of a stopped run ends with code $code, want 1"
start "${settings[@]}" GAETRAIN_RUN=/runs/stopped/run --
start "${settings[@]}" GAETRAIN_RUN=/runs/straight/run --
go run ./scripts/check run -epochs 6 "$work/runs/stopped/run"
go run ./scripts/check same "$work/runs/straight/run" "$work/runs/stopped/run"
passed "a resumed run equals an uninterrupted one"
