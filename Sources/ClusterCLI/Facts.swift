import CommandLine
import CLinux
import Linux

enum ClusterVersions {
    static let kubernetes = "v1.36.0"
}

enum MachineFacts {
    static var processors: Int { max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))) }

    /// `Debian 12`: the machine's own name for its system.
    static var system: String {
        let text = (try? KernelFile.read("/etc/os-release")) ?? ""
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equal = line.firstIndex(of: "=") else { continue }
            values[String(line[..<equal])] = line[line.index(after: equal)...].filter { $0 != "\"" }
        }
        let name = values["NAME"].map { $0.hasPrefix("Debian") ? "Debian" : $0 } ?? "Linux"
        return values["VERSION_ID"].map { "\(name) \($0)" } ?? name
    }
}
