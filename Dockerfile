# The image of every process of Shequ: the API by default, `migrate`, `provision` and the rest by their command.
#
#   docker build --tag shequ .
#
# PYTHON_IMAGE may name a mirror, and in a release names a digest.  PIP_INDEX_URL, when given, must hold no password: a
# build argument stays readable in the image's history.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
# Without pip: nothing in the final stage can install.  Wheels only: no compiler, and no code of a package runs here.
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/shequ \
 && pip --python /opt/shequ install --require-hashes --no-deps --only-binary :all: -r requirements.lock
# Last, because it changes most.  Editable, because the application finds tenants/ and migrations/ beside its sources.
# setuptools is in the lock to build this one package, and is taken out again.
COPY pyproject.toml README.md ./
COPY server ./server
COPY schema ./schema
COPY tenants ./tenants
COPY migrations ./migrations
RUN pip --python /opt/shequ install --no-deps --no-index --no-build-isolation --editable . \
 && pip --python /opt/shequ uninstall --yes setuptools \
 && python -m compileall -q --invalidation-mode unchecked-hash server schema migrations

FROM ${PYTHON_IMAGE}
RUN pip uninstall --yes --root-user-action ignore setuptools wheel pip \
 && groupadd --gid 10001 shequ \
 && useradd --uid 10001 --gid shequ --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shequ
# Owned by root: the process can change neither its code nor its rules.
COPY --from=build /opt/shequ /opt/shequ
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/shequ/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["shequ"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
