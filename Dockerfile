# gaetrain as a container: one static binary in an image without a shell. It does not
# run as root, and its root file system can be read-only. Data sets and runs are in two
# volumes. Every flag of `gaetrain train` can be set as GAETRAIN_… in the environment.
#
#   docker build -t gaetrain .
#   docker run --rm --read-only -v gaetrain-runs:/runs gaetrain
#   docker run --rm --read-only -v gaetrain-runs:/runs -v gaetrain-data:/data \
#       -e GAETRAIN_DATASET=fashion-mnist -e GAETRAIN_RUN=/runs/fashion -e GAETRAIN_RESUME=true gaetrain
#
# A host folder that is mounted at /runs must be writable for user 65532.
# scripts/container/build makes the image with buildah, such that two builds are equal.

ARG BUILD_IMAGE=golang:1.26-bookworm
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
ARG VERSION=devel
ARG REVISION=
ARG CREATED=
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The tags leave out manual pages of the command-line library, and HTTP/2: downloads use HTTP/1.1.
RUN CGO_ENABLED=0 go build -trimpath -tags urfave_cli_no_docs,nethttpomithttp2 -o /out/bin/gaetrain \
        -ldflags="-s -w -X gaetrain/trainer.version=${VERSION} -X gaetrain/trainer.commit=${REVISION} -X gaetrain/trainer.date=${CREATED}" \
        ./cmd/gaetrain \
    && mkdir /out/data /out/runs

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=devel
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="gaetrain" \
      org.opencontainers.image.description="Trains autoencoders declared as Gorgonia graphs, and shows what they learn" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
COPY --from=build /out/bin/gaetrain /usr/local/bin/gaetrain
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/runs /runs

# Data sets are searched for in /data, and downloads are kept in /data/gaetrain. A run
# without a name is written to runs/… in the working directory, so it is in the volume.
ENV GAETRAIN_DATA_DIR=/data XDG_CACHE_HOME=/data
WORKDIR /
VOLUME ["/data", "/runs"]
USER 65532:65532
HEALTHCHECK --interval=60s --timeout=10s --retries=3 CMD ["/usr/local/bin/gaetrain", "health"]
ENTRYPOINT ["/usr/local/bin/gaetrain"]
CMD ["train"]
