# squire alone, to start from or to copy from:
#   COPY --from=squire /squire /usr/local/bin/squire
#   ENTRYPOINT ["squire", "run", "--"]
# The server: docker build --target squired -t squired .
FROM golang:1.26 AS source
WORKDIR /src
COPY . .
ARG TARGETOS=linux TARGETARCH VERSION=
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH

# -trimpath, no build id, no VCS stamp: the same source gives the same bytes.
FROM source AS build-squired
RUN go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X github.com/squire-env/squire/cmd/internal/cli.version=$VERSION" -o /out/squired ./cmd/squired && mkdir -m 700 /out/data

FROM source AS build
RUN case $(go env GOARCH) in amd64|arm64) entry="-E squire_entry" ;; esac && \
    go build -trimpath -buildvcs=false $(sed -n 's/^LEAN *= //p' Makefile) -ldflags "$entry -s -w -buildid= -X github.com/squire-env/squire/cmd/internal/cli.version=$VERSION" -o /out/squire ./cmd/squire

FROM scratch AS squired
COPY --from=build-squired /out/squired /squired
COPY --from=build-squired --chown=65532:65532 /out/data /data
USER 65532:65532
ENV SQUIRED_LISTEN=:7878 SQUIRED_DATA_DIR=/data/store SQUIRED_MASTER_KEY_FILE=/data/key/master.key
VOLUME /data
EXPOSE 7878
ENTRYPOINT ["/squired"]
CMD ["serve"]

FROM scratch
COPY --from=build /out/squire /squire
USER 65532:65532
ENTRYPOINT ["/squire", "run", "--"]
