import Linux
import Logging

/// The kernel's switches that forwarding needs, of this network namespace.
enum KernelSettings {
    struct Setting: Equatable {
        let path: String
        let value: String
        /// What goes wrong without it.
        let loss: String
        /// Whether it is there only with a kernel module.
        var isOptional = false
    }

    static func wanted(_ settings: ProxySettings) -> [Setting] {
        let four = "/proc/sys/net/ipv4"
        var wanted = [
            Setting(path: "\(four)/ip_forward", value: "1", loss: "pods reach no other node and no service"),
            Setting(
                path: "\(four)/conf/all/route_localnet", value: "1",
                loss: "node ports don't answer at 127.0.0.1"),
            // A pod told of a shorter way to its neighbour would get answers past the rules that translate them.
            Setting(
                path: "\(four)/conf/all/send_redirects", value: "0",
                loss: "pods may lose connections to pods on their node"),
            Setting(
                path: "\(four)/conf/default/send_redirects", value: "0",
                loss: "pods may lose connections to pods on their node"),
            Setting(
                path: "\(four)/conf/\(settings.bridge)/send_redirects", value: "0",
                loss: "pods may lose connections to pods on their node", isOptional: true),
            // What passes the bridge would be translated there, and what comes back to its sender's port be dropped.
            Setting(
                path: "/proc/sys/net/bridge/bridge-nf-call-iptables", value: "0",
                loss: "pods may not reach themselves by their services", isOptional: true),
            Setting(
                path: "/proc/sys/net/bridge/bridge-nf-call-ip6tables", value: "0",
                loss: "pods may not reach themselves by their services", isOptional: true),
        ]
        if settings.families.contains(.six) {
            wanted.append(
                Setting(
                    path: "/proc/sys/net/ipv6/conf/all/forwarding", value: "1",
                    loss: "pods reach no other node and no service by IPv6"))
        }
        return wanted
    }

    /// Sets what isn't so yet; what can't be set is told, with what it means, and is no obstacle.
    static func set(_ settings: ProxySettings, log: Logger) {
        for setting in wanted(settings) {
            let now = KernelFile.line(setting.path)
            if now == setting.value || (now == nil && setting.isOptional) { continue }
            do throws(KernelError) {
                try KernelFile.write(setting.path, setting.value)
            } catch {
                log.warning(
                    "a kernel setting that services need could not be made; \(setting.loss)",
                    metadata: ["setting": "\(setting.path)", "value": "\(setting.value)", "error": "\(error)"])
            }
        }
    }
}
