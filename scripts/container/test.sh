#!/usr/bin/env bash
# Builds the container image from the Dockerfile and tests it: the default
# command, invalid settings, a stop by a signal, and resuming.
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
trap 'buildah rm --all >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
chmod 755 "$work" # for the user in the container

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
export CONTAINERS_STORAGE_CONF="$work/storage.conf"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/storage" "$work/state" >"$work/storage.conf"

# offline runs a command without a network. Isolation by chroot does not remove the network.
offline() { unshare --net "$@"; }

step() { printf -- '-- %s\n' "$*"; }
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
	mkdir -p "$root"/{tmp,etc/ssl/certs,home/nonroot}
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

# start [NAME=VALUE…] runs the image as `docker run` would: with its entrypoint,
# command, user and working directory, and with the two volumes.
start() {
	local settings=() setting
	for setting; do settings+=(--env "$setting"); done
	offline buildah run "${settings[@]}" --volume "$work/data:/data" --volume "$work/runs:/runs" "$container" -- "$entrypoint" "$command"
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

step "image, built without a network"
offline buildah build --quiet "${mounts[@]}" --build-arg BUILD_IMAGE=localhost/build --build-arg BASE_IMAGE=localhost/base \
	--build-arg VERSION=test --tag localhost/gaetrain . >/dev/null
entrypoint=$(inspect 'index .OCIv1.Config.Entrypoint 0')
command=$(inspect 'index .OCIv1.Config.Cmd 0')
[ "$(inspect .OCIv1.Config.User)" = 65532:65532 ] || fail "the image runs as $(inspect .OCIv1.Config.User)"
[ "$command" = train ] || fail "the default command is $command"
inspect 'index .OCIv1.Config.Labels "org.opencontainers.image.version"' | grep -qx test || fail "the version label is missing"
[ "$(inspect .OCIv1.Config.Volumes)" = "map[/data:{} /runs:{}]" ] || fail "the volumes are $(inspect .OCIv1.Config.Volumes)"
container=$(buildah from localhost/gaetrain)
# The volumes of start replace the image's volumes; this version of buildah would mount both.
buildah config --volume /data- --volume /runs- "$container"
mkdir "$work/data" "$work/runs"
chown 65532:65532 "$work/data" "$work/runs"

step "default command, two epochs"
start GAETRAIN_EPOCHS=2
go run ./scripts/check run -epochs 2 -mse 0.05 "$work/runs/dense-sample-1"
[ -z "$(find "$work/runs" "$work/data" ! -user 65532)" ] || fail "files of another user: $(find "$work/runs" ! -user 65532)"

step "an unknown variable, and an invalid value"
for bad in GAETRAIN_EPOCH=2 GAETRAIN_EPOCHS=two; do
	code=0
	start "$bad" 2>"$work/stderr" || code=$?
	cat "$work/stderr" >&2
	[ "$code" = 2 ] || fail "$bad ended with code $code, want 2"
	grep -q GAETRAIN_EPOCHS "$work/stderr" || fail "$bad: the error does not name GAETRAIN_EPOCHS"
done

step "stopped by SIGTERM, resumed, and the same as an uninterrupted run"
settings=(GAETRAIN_EPOCHS=6 GAETRAIN_RESUME=true)
start "${settings[@]}" GAETRAIN_RUN=/runs/stopped/run 2>"$work/stderr" &
running=$!
for ((tenths = 0; tenths < 600; tenths++)); do
	! grep -q 'epoch 1/6' "$work/stderr" || break
	sleep 0.1
done
stopped=$(processes "$running")
[ -n "$stopped" ] || fail "there is no gaetrain process to stop: $(cat "$work/stderr")"
kill -TERM "$stopped"
code=0
wait "$running" || code=$?
cat "$work/stderr" >&2
[ "$code" = 75 ] || fail "after SIGTERM, the exit code is $code, want 75"
start "${settings[@]}" GAETRAIN_RUN=/runs/stopped/run
start "${settings[@]}" GAETRAIN_RUN=/runs/straight/run
go run ./scripts/check run -epochs 6 "$work/runs/stopped/run"
go run ./scripts/check same "$work/runs/straight/run" "$work/runs/stopped/run"
