# Sourced: `container_build TAG CONTEXT` and `container_run ARGUMENT...`, by docker where its daemon answers,
# else by buildah and podman. Makes sure the base image is there: pulled from its registry, or, where there is
# none to be reached, the local stand-in that the script $BUTCHER_CONTAINER_BASE makes (as root).

base_image=docker.io/library/node:24-bookworm-slim

if docker info >/dev/null 2>&1; then
  container_build() { docker build --tag "$1" "$2"; }
  container_run() { docker run --rm "$@"; }
else
  scripts/system-packages.sh buildah:buildah podman:podman runc:runc
  if ! podman image exists "$base_image" && ! timeout 60 podman pull --quiet "$base_image" 2>/dev/null; then
    "${BUTCHER_CONTAINER_BASE:-../shared/tools/container-base}" "$base_image"
  fi
  container_build() { buildah bud --isolation chroot --network host --tag "$1" "$2"; }
  # Some kernels refuse the limits that podman raises by itself.
  container_run() {
    podman --runtime runc run --rm --network host --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 "$@"
  }
fi
