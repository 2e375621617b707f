/// Pods to containers on one node.
enum Kubelet {}
