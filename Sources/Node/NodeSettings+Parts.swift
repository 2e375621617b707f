import ClusterDNS
import Fault
import Kubelet
import Linux
import ServiceProxy

/// What the node's parts are told of it.
extension NodeSettings {
    /// Throws `invalid` for settings that there aren't.
    func kubelet() throws(Fault) -> KubeletSettings {
        var wanted = KubeletSettings(nodeName: name, addresses: [address])
        wanted.rootFolder = "/var/lib/kubelet"
        wanted.manifestFolder = "/etc/kubernetes/manifests"
        wanted.podCIDR = podRange
        wanted.clusterDNS = [ClusterObjects.dnsAddress]
        wanted.imageFolder = images
        wanted.processIDs = processIDs > 0 ? processIDs : nil
        for setting in extraConfig { try KubeletOption.apply(setting, to: &wanted) }
        try KubeletOption.check(wanted)
        return wanted
    }

    var proxy: ProxySettings {
        ProxySettings(
            nodeName: name, nodeAddresses: [address].compactMap { IPAddress($0) },
            clusterCIDRs: ["10.244.0.0/16"].compactMap { IPPrefix($0) },
            serviceCIDRs: ["10.96.0.0/12"].compactMap { IPPrefix($0) },
            podCIDRs: [podRange].compactMap { IPPrefix($0) }, bridge: NodeEngine.bridge,
            servedHere: [ClusterObjects.dnsAddress].compactMap { IPAddress($0) },
            // The engine gives pods their whole range on the bridge.
            podLink: .bridged, healthPort: 10_256)
    }

    var dns: DNSSettings {
        DNSSettings(
            listen: [ClusterObjects.dnsAddress].compactMap { IPAddress($0) },
            ownRanges: ["10.244.0.0/16", "10.96.0.0/12"].compactMap { IPPrefix($0) },
            hosts: ["host.minikube.internal": gateway.map { [$0] } ?? []])
    }

    /// The machine, on the cluster's network: its first address.
    private var gateway: IPAddress? {
        IPAddress(address.split(separator: ".").dropLast().joined(separator: ".") + ".1")
    }
}
