/// Clusters as profiles: their nodes, network, certificates and kubeconfig.
enum Cluster {}
