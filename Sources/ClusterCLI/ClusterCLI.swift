/// The minikube command line: one file a verb.
enum ClusterCLI {}
