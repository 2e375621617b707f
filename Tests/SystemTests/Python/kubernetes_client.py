"""Ordinary use of a cluster through the Python client: what its examples do."""
import os

from kubernetes import client, config, dynamic, watch
from kubernetes.client import api_client
from kubernetes.client.rest import ApiException

config.load_kube_config(os.environ["KUBECONFIG"])
core, apps = client.CoreV1Api(), client.AppsV1Api()

names = {item.metadata.name for item in core.list_namespace().items}
assert {"default", "kube-system", "kube-public", "kube-node-lease"} <= names, names

# Create, patch, read, replace.
meta = client.V1ObjectMeta(name="py", labels={"made": "here"})
made = core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=meta, data={"a": "b"}))
assert made.metadata.uid and made.metadata.resource_version
patched = core.patch_namespaced_config_map("py", "default", {"data": {"c": "d"}})
assert patched.data == {"a": "b", "c": "d"}, patched.data
patched.data["a"] = "z"
assert core.replace_namespaced_config_map("py", "default", patched).data["a"] == "z"
try:
    core.replace_namespaced_config_map("py", "default", patched)
    raise AssertionError("an outdated replace went through")
except ApiException as error:
    assert error.status == 409, error

# A watch from a list's version sees what comes after it, in order.
version = core.list_namespaced_config_map("default", label_selector="made=here").metadata.resource_version
core.patch_namespaced_config_map("py", "default", {"data": {"e": "f"}})
core.delete_namespaced_config_map("py", "default")
events = [
    (event["type"], event["object"].metadata.name)
    for event in watch.Watch().stream(core.list_namespaced_config_map, "default", label_selector="made=here",
                                      resource_version=version, timeout_seconds=2)
]
assert events == [("MODIFIED", "py"), ("DELETED", "py")], events

# A deployment and its scale.
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels={"app": "web"}),
    spec=client.V1PodSpec(containers=[client.V1Container(name="web", image="nginx")]))
spec = client.V1DeploymentSpec(replicas=2, selector={"matchLabels": {"app": "web"}}, template=template)
apps.create_namespaced_deployment("default", client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec))
assert apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 4}}).spec.replicas == 4
assert apps.read_namespaced_deployment("web", "default").spec.replicas == 4
apps.delete_namespaced_deployment("web", "default")

# The dynamic client, which reads the schemas itself.
maps = dynamic.DynamicClient(api_client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")
maps.create(body={"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "dynamic"}}, namespace="default")
maps.server_side_apply(
    body={"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "dynamic"}, "data": {"x": "y"}},
    name="dynamic", namespace="default", field_manager="test")
assert maps.get(name="dynamic", namespace="default").data.x == "y"

# Pages of a list are one list.
for index in range(25):
    core.create_namespaced_config_map(
        "default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name=f"page-{index:02}", labels={"paged": "yes"})))
seen, token = [], None
while True:
    page = core.list_namespaced_config_map("default", label_selector="paged=yes", limit=10, _continue=token)
    seen += [item.metadata.name for item in page.items]
    token = page.metadata._continue
    if not token:
        break
assert seen == [f"page-{index:02}" for index in range(25)], seen
core.delete_collection_namespaced_config_map("default", label_selector="paged=yes")
assert not core.list_namespaced_config_map("default", label_selector="paged=yes").items

try:
    core.read_namespaced_pod("nope", "default")
    raise AssertionError("a pod that isn't there was read")
except ApiException as error:
    assert error.status == 404 and 'pods \\"nope\\" not found' in error.body, error.body
print("ok")
