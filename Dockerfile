# One image for every process of Rushes: `up` (API and executor), `api`, `executor`, `migrate`.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# For those behind a mirror: --build-arg PIP_INDEX_URL=... Nothing of this stage's settings reaches the image.
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Two environments: the second builds the wheel and stays behind, and so does pip.
RUN python -m venv /opt/build && python -m venv --without-pip /opt/venv
# veo adds what the providers at Google need: --build-arg REQUIREMENTS=veo
ARG REQUIREMENTS=runtime
COPY requirements/ requirements/
RUN /opt/build/bin/pip install --quiet --no-deps --require-hashes -r requirements/build.txt \
 && /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --no-deps --require-hashes -r requirements/${REQUIREMENTS}.txt
COPY . .
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/build/bin/pip --python /opt/venv/bin/python install --quiet --no-deps --no-index /dist/*.whl

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 rushes \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin rushes \
 && install --directory --owner 10001 --group 10001 /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 RUSHES_HOME=/data
# A number, so that an orchestrator can prove that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["rushes"]
CMD ["up"]
