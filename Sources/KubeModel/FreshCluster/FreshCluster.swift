import JSON

/// The objects that an API server puts into an empty cluster by itself, before any controller runs; those of RBAC are
/// elsewhere. Pure data: the server adds uid and creation time, and keeps what is there already.
package enum FreshCluster {
    /// What differs from cluster to cluster.
    package struct Settings: Sendable {
        /// Where this server is reached by the cluster, and its port.
        package var address: String
        package var port: Int
        /// The address of the Service `kubernetes`: the first of the first range.
        package var serviceAddress: String
        /// Ranges of Service addresses: `10.96.0.0/12`.
        package var serviceRanges: [String]
        /// The server's host, and the name of its lease: `apiserver-` and a hash of the host.
        package var host: String
        package var leaseName: String
        /// The lease's holder: its name and an id of the process.
        package var leaseHolder: String
        /// Certificates in PEM by which clients are known; "": none.
        package var clientAuthority: String
        /// How front proxies are known and speak of users: `requestheader-client-ca-file` and the like; empty: not at all.
        package var frontProxy: [String: String]

        package init(
            address: String, port: Int, serviceAddress: String, serviceRanges: [String], host: String,
            leaseName: String, leaseHolder: String, clientAuthority: String, frontProxy: [String: String]
        ) {
            self.address = address
            self.port = port
            self.serviceAddress = serviceAddress
            self.serviceRanges = serviceRanges
            self.host = host
            self.leaseName = leaseName
            self.leaseHolder = leaseHolder
            self.clientAuthority = clientAuthority
            self.frontProxy = frontProxy
        }
    }

    /// In the order in which they are to be made. `now` is in seconds since 1970.
    package static func objects(_ settings: Settings, now: Double) -> [JSON] {
        namespaces + PriorityAndFairness.objects + priorityClasses + addresses(settings)
            + [service(settings), endpoints(settings), endpointSlice(settings), authentication(settings)]
            + [tokenTracking(now), lease(settings, now)]
    }

    static let namespaces: [JSON] = ["kube-system", "kube-public", "kube-node-lease", "default"].map { name in
        [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": ["name": .string(name), "labels": ["kubernetes.io/metadata.name": .string(name)]],
            "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
        ]
    }

    static let priorityClasses: [JSON] = [
        priorityClass(
            "system-node-critical", 2_000_001_000,
            "Used for system critical pods that must not be moved from their current node."),
        priorityClass(
            "system-cluster-critical", 2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
        ),
    ]

    private static func priorityClass(_ name: String, _ value: Int, _ description: String) -> JSON {
        [
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": .string(name)],
            "value": JSON(value), "description": .string(description), "preemptionPolicy": "PreemptLowerPriority",
        ]
    }

    private static func family(_ address: String) -> String {
        address.utf8.contains(UInt8(ascii: ":")) ? "IPv6" : "IPv4"
    }

    private static func service(_ settings: Settings) -> JSON {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": [
                "name": "kubernetes", "namespace": "default",
                "labels": ["component": "apiserver", "provider": "kubernetes"],
            ],
            "spec": [
                "clusterIP": .string(settings.serviceAddress), "clusterIPs": [.string(settings.serviceAddress)],
                "internalTrafficPolicy": "Cluster", "ipFamilies": [.string(family(settings.serviceAddress))],
                "ipFamilyPolicy": "SingleStack",
                "ports": [
                    ["name": "https", "port": 443, "protocol": "TCP", "targetPort": JSON(settings.port)]
                ],
                "sessionAffinity": "None", "type": "ClusterIP",
            ],
            "status": ["loadBalancer": [:]],
        ]
    }

    private static func endpoints(_ settings: Settings) -> JSON {
        [
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": [
                "name": "kubernetes", "namespace": "default",
                "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
            ],
            "subsets": [
                [
                    "addresses": [["ip": .string(settings.address)]],
                    "ports": [["name": "https", "port": JSON(settings.port), "protocol": "TCP"]],
                ]
            ],
        ]
    }

    private static func endpointSlice(_ settings: Settings) -> JSON {
        [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": "kubernetes", "namespace": "default", "labels": ["kubernetes.io/service-name": "kubernetes"],
            ],
            "addressType": .string(family(settings.address)),
            "endpoints": [["addresses": [.string(settings.address)], "conditions": ["ready": true]]],
            "ports": [["name": "https", "port": JSON(settings.port), "protocol": "TCP"]],
        ]
    }

    /// That of the ServiceCIDR `kubernetes`, and who writes it.
    package static func serviceRangeStatus(_ now: Double) -> (status: JSON, manager: String) {
        let condition: JSON = [
            "type": "Ready", "status": "True", "lastTransitionTime": .string(Timestamp(seconds: Int(now)).text),
            "reason": "", "message": "Kubernetes default Service CIDR is ready",
        ]
        return (["conditions": [condition]], "kubernetes-service-cidr-controller")
    }

    /// Since when the use of tokens in Secrets is noted: the day of the first start.
    private static func tokenTracking(_ now: Double) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "kube-apiserver-legacy-service-account-token-tracking", "namespace": "kube-system"],
            "data": ["since": .string(String(Timestamp(seconds: Int(now)).text.prefix(10)))],
        ]
    }

    private static func addresses(_ settings: Settings) -> [JSON] {
        [
            [
                "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": "kubernetes"],
                "spec": ["cidrs": JSON(settings.serviceRanges)],
            ],
            [
                "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
                "metadata": [
                    "name": .string(settings.serviceAddress),
                    "labels": [
                        "ipaddress.kubernetes.io/ip-family": .string(family(settings.serviceAddress)),
                        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
                    ],
                ],
                "spec": ["parentRef": ["resource": "services", "namespace": "default", "name": "kubernetes"]],
            ],
        ]
    }

    /// How clients and front proxies are known, for servers that are asked in this one's place.
    private static func authentication(_ settings: Settings) -> JSON {
        var data: JSON = [:]
        if !settings.clientAuthority.isEmpty { data["client-ca-file"] = .string(settings.clientAuthority) }
        for (name, value) in settings.frontProxy.sorted(by: { $0.key < $1.key }) { data[name] = .string(value) }
        return [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "extension-apiserver-authentication", "namespace": "kube-system"], "data": data,
        ]
    }

    private static func lease(_ settings: Settings, _ now: Double) -> JSON {
        [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": [
                "name": .string(settings.leaseName), "namespace": "kube-system",
                "labels": [
                    "apiserver.kubernetes.io/identity": "kube-apiserver",
                    "kubernetes.io/hostname": .string(settings.host),
                ],
            ],
            "spec": [
                "holderIdentity": .string(settings.leaseHolder), "leaseDurationSeconds": 3_600,
                "renewTime": .string(Timestamp(now).microText),
            ],
        ]
    }
}
