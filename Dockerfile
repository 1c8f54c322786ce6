# dotward as a container: `docker build -t dotward .`
#
#   docker run -p 53:53/udp -p 53:53/tcp -e DNS_SERVER=1.1.1.1#cloudflare-dns.com dotward
#
# DNS_SERVER, DNS_PORT, LISTEN_ADDR and LISTEN_PORT set it up; a file at /etc/dotward/dotward.yaml
# says everything else. What is to outlive a container goes to /var/lib/dotward, such as what it learns
# of the keys of the root (RFC 5011):
#
#   docker run -v dotward:/var/lib/dotward -e DOTWARD_DNSSEC__ANCHOR_STATE=/var/lib/dotward/anchors …

# Any image with Node.js 24, npm and a C compiler, and any with a C++ runtime library.
ARG BUILD_IMAGE=node:24-bookworm
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
# What changes seldom comes first, so that it is fetched and compiled seldom.
COPY LICENSE package.json package-lock.json .npmrc ./
COPY scripts/build-native.mjs scripts/
COPY native/udp_batch.c native/
RUN npm ci --workspaces=false
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build \
  && rm -r node_modules \
  && npm ci --workspaces=false --omit=dev --ignore-scripts \
  && mkdir state

# Node.js alone comes along: no npm, no compiler, no shell of ours.
FROM ${RUNTIME_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app/package.json /app/LICENSE /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/native /app/native
COPY --from=build /app/dist /app/dist
# A new volume takes its owner from here.
COPY --from=build --chown=65532:65532 /app/state /var/lib/dotward
# By number, so that an orchestrator can see that it is not root. Container runtimes open port 53 to
# everybody inside (net.ipv4.ip_unprivileged_port_start=0), so no capability is needed, and all can
# be dropped; for one that does not, set that sysctl or LISTEN_PORT.
USER 65532:65532
EXPOSE 53/udp 53/tcp
# SIGTERM, which stops it when what is in flight is answered.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/main.js"]
CMD ["serve"]
