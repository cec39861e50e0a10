# squire alone, to start from or to copy from:
#   COPY --from=squire /squire /usr/local/bin/squire
#   ENTRYPOINT ["squire", "run", "--"]
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
ARG TARGETOS=linux TARGETARCH VERSION=
# -trimpath, no build id, no VCS stamp: the same source gives the same bytes.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
    -ldflags "-s -w -buildid= -X main.version=$VERSION" -o /out/squire ./cmd/squire

FROM scratch
COPY --from=build /out/squire /squire
USER 65532:65532
ENTRYPOINT ["/squire", "run", "--"]
