import KubeModel

/// A served resource: group, version, plural name. `ResourceID("apps", "v1", "deployments")`.
package struct ResourceID: Sendable, Hashable, CustomStringConvertible {
    package let group: String, version: String, resource: String

    package init(_ group: String, _ version: String, _ resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }

    /// `apps/v1/deployments`, `v1/pods`.
    package var description: String { "\(GroupVersion(group, version))/\(resource)" }

    /// `/apis/apps/v1/namespaces/default/deployments/web/status`; "" leaves a part out.
    package func path(namespace: String = "", name: String = "", subresource: String = "") -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if !namespace.isEmpty { path += "/namespaces/\(namespace)" }
        path += "/\(resource)"
        if !name.isEmpty { path += "/\(name)" }
        if !subresource.isEmpty { path += "/\(subresource)" }
        return path
    }
}

extension ResourceID {
    package static let pods = ResourceID("", "v1", "pods")
    package static let nodes = ResourceID("", "v1", "nodes")
    package static let services = ResourceID("", "v1", "services")
    package static let endpoints = ResourceID("", "v1", "endpoints")
    package static let events = ResourceID("", "v1", "events")
    package static let namespaces = ResourceID("", "v1", "namespaces")
    package static let configMaps = ResourceID("", "v1", "configmaps")
    package static let secrets = ResourceID("", "v1", "secrets")
    package static let serviceAccounts = ResourceID("", "v1", "serviceaccounts")
    package static let replicationControllers = ResourceID("", "v1", "replicationcontrollers")
    package static let persistentVolumeClaims = ResourceID("", "v1", "persistentvolumeclaims")
    package static let resourceQuotas = ResourceID("", "v1", "resourcequotas")
    package static let deployments = ResourceID("apps", "v1", "deployments")
    package static let replicaSets = ResourceID("apps", "v1", "replicasets")
    package static let statefulSets = ResourceID("apps", "v1", "statefulsets")
    package static let daemonSets = ResourceID("apps", "v1", "daemonsets")
    package static let controllerRevisions = ResourceID("apps", "v1", "controllerrevisions")
    package static let jobs = ResourceID("batch", "v1", "jobs")
    package static let cronJobs = ResourceID("batch", "v1", "cronjobs")
    package static let endpointSlices = ResourceID("discovery.k8s.io", "v1", "endpointslices")
    package static let leases = ResourceID("coordination.k8s.io", "v1", "leases")
    package static let podDisruptionBudgets = ResourceID("policy", "v1", "poddisruptionbudgets")
    package static let certificateSigningRequests =
        ResourceID("certificates.k8s.io", "v1", "certificatesigningrequests")
}
