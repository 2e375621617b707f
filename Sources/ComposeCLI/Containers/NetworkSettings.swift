import CommandLine
import Compose
import DockerCLI
import JSON

/// Which networks a service's container joins, and how.
struct NetworkSettings {
    let project: Project
    let service: Service
    /// The container's name.
    let name: String
    let links: [String]
    let takesAliases: Bool

    /// The container's own mode: given, or the network of highest priority.
    var mode: String {
        if let mode = service.json["network_mode"].string, !mode.isEmpty { return mode }
        guard let first = service.networks.first else { return "none" }
        return networkName(first)
    }

    private func networkName(_ key: String) -> String { project.networks[key]?["name"].string ?? key }

    /// Nil: the mode says everything.
    func endpoints() throws -> JSON? {
        guard service.json["network_mode"].string ?? "" == "", let main = service.networks.first else { return nil }
        var all: JSON = [:]
        let own = service.json["mac_address"].string ?? ""
        for key in service.networks {
            let settings = service.json["networks", key]
            var mac = settings["mac_address"].string ?? ""
            if key == main, !own.isEmpty {
                guard mac.isEmpty || mac == own else {
                    throw Failure("the service-level mac_address should have the same value as network \(key)")
                }
                mac = own
            }
            all[networkName(key)] = endpoint(settings, mac)
        }
        return all
    }

    private func endpoint(_ settings: JSON, _ mac: String) -> JSON {
        var aliases = [name]
        if takesAliases { aliases += [service.name] + settings["aliases"].strings }
        var endpoint: JSON = ["Aliases": JSON(aliases)]
        if !links.isEmpty { endpoint["Links"] = JSON(links) }
        var addresses: JSON = [:]
        if let address = settings["ipv4_address"].string { addresses["IPv4Address"] = .string(address) }
        if let address = settings["ipv6_address"].string { addresses["IPv6Address"] = .string(address) }
        if !settings["link_local_ips"].strings.isEmpty { addresses["LinkLocalIPs"] = settings["link_local_ips"] }
        if addresses.object?.isEmpty == false { endpoint["IPAMConfig"] = addresses }
        if !mac.isEmpty { endpoint["MacAddress"] = .string(mac) }
        var options = settings["driver_opts"]
        if let interface = settings["interface_name"].string {
            options["com.docker.network.endpoint.ifname"] = .string(interface)
        }
        if !options.isNull { endpoint["DriverOpts"] = options }
        if let priority = settings["gw_priority"].int { endpoint["GwPriority"] = .int(Int64(priority)) }
        return endpoint
    }
}
