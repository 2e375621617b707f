/// Names of services and pods.
enum ClusterDNS {}
