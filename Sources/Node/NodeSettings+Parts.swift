import ClusterDNS
import Kubelet
import Linux
import ServiceProxy

/// What the node's parts are told of it.
extension NodeSettings {
    var kubelet: KubeletSettings {
        var wanted = KubeletSettings(nodeName: name, addresses: [address])
        wanted.rootFolder = "/var/lib/kubelet"
        wanted.manifestFolder = "/etc/kubernetes/manifests"
        wanted.podCIDR = podRange
        wanted.clusterDNS = [ClusterObjects.dnsAddress]
        return wanted
    }

    var proxy: ProxySettings {
        ProxySettings(
            nodeName: name, nodeAddresses: [address].compactMap { IPAddress($0) },
            clusterCIDRs: ["10.244.0.0/16"].compactMap { IPPrefix($0) },
            serviceCIDRs: ["10.96.0.0/12"].compactMap { IPPrefix($0) },
            podCIDRs: [podRange].compactMap { IPPrefix($0) }, bridge: NodeEngine.bridge,
            servedHere: [ClusterObjects.dnsAddress].compactMap { IPAddress($0) })
    }

    var dns: DNSSettings {
        DNSSettings(
            listen: [ClusterObjects.dnsAddress].compactMap { IPAddress($0) },
            ownRanges: ["10.244.0.0/16", "10.96.0.0/12"].compactMap { IPPrefix($0) })
    }
}
