FROM docker.io/library/node:24-bookworm-slim AS build
WORKDIR /butcher
COPY package.json package-lock.json ./
# No install scripts: the one there is brings Node.js 24, which this image has.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM docker.io/library/node:24-bookworm-slim
RUN apt-get update -q \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    bzip2 gnupg lbzip2 par2 sqlite3 xorriso xz-utils zstd \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /butcher
COPY --from=build /butcher/package.json ./
COPY --from=build /butcher/node_modules node_modules
COPY --from=build /butcher/assets assets
COPY --from=build /butcher/bin bin
COPY --from=build /butcher/dist dist
COPY scripts/container-entrypoint.sh /usr/local/bin/container-entrypoint
RUN ln -s /butcher/bin/butcher.js /usr/local/bin/butcher
WORKDIR /
# Starts as root, and works as the owner of the destination: see the script.
ENTRYPOINT ["container-entrypoint"]
CMD ["--help"]
