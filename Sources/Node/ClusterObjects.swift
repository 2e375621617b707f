import Fault
import JSON
import KubeClient
import KubeModel
import Logging

/// Objects that a cluster has beside those of every API server: what kubeadm makes at its end.
enum ClusterObjects {
    static let dnsAddress = "10.96.0.10"

    /// Makes those that aren't there; what somebody has changed stays as it is.
    static func ensure(_ api: any ObjectAPI, token: BootstrapToken) async throws(APIStatus) {
        for (resource, object) in all + [(ResourceID.secrets, token.secret)] {
            let key = ObjectKey(object)
            do {
                _ = try await api.get(resource, key.namespace, key.name)
            } catch  where error.code == 404 {
                try await api.create(resource, object)
            }
        }
    }

    private static let roles = ResourceID("rbac.authorization.k8s.io", "v1", "clusterroles")
    private static let roleBindings = ResourceID("rbac.authorization.k8s.io", "v1", "clusterrolebindings")

    private static var all: [(ResourceID, JSON)] {
        [
            (.services, dnsService),
            (
                roleBindings,
                binding("kubeadm:kubelet-bootstrap", to: "system:node-bootstrapper", group: BootstrapToken.group)
            ),
            (
                roleBindings,
                binding(
                    "kubeadm:node-autoapprove-bootstrap",
                    to: "system:certificates.k8s.io:certificatesigningrequests:nodeclient", group: BootstrapToken.group)
            ),
            // A node's proxy and DNS are in the kubelet's process, and are the same user.
            (roleBindings, binding("hako:node-services", to: "system:node-proxier", group: "system:nodes")),
            (roles, namesRole),
            (roleBindings, binding("hako:node-names", to: "hako:node-names", group: "system:nodes")),
            (
                roleBindings,
                binding(
                    "kubeadm:node-autoapprove-certificate-rotation",
                    to: "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", group: "system:nodes")
            ),
        ]
    }

    /// Every node answers at this address by itself; the service is what clients look it up by.
    private static var dnsService: JSON {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": [
                "name": "kube-dns", "namespace": "kube-system",
                "labels": [
                    "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS",
                ],
            ],
            "spec": [
                "clusterIP": .string(dnsAddress),
                "ports": [
                    ["name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53],
                    ["name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53],
                ],
            ],
        ]
    }

    /// What the DNS of a node reads beside services and their endpoints.
    private static var namesRole: JSON {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": ["name": "hako:node-names"],
            "rules": [["apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]]],
        ]
    }

    private static func binding(_ name: String, to role: String, group: String) -> JSON {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": ["name": .string(name)],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)],
            "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": .string(group)]],
        ]
    }
}
