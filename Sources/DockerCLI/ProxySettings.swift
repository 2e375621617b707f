import CommandLine
import JSON

extension DockerConfig {
    /// A text setting such as `psFormat`; nil when unset or empty.
    func text(_ key: String) -> String? {
        json[key].string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `NAME=value` for the proxies that containers are to use with the daemon at `host`. A name in `given` is left to
    /// the user.
    package func proxyEnvironment(host: String, given: Set<String>) -> [String] {
        let proxies = json["proxies"]
        let chosen = proxies[host].object != nil ? proxies[host] : proxies["default"]
        let names = [
            ("httpProxy", "HTTP_PROXY"), ("httpsProxy", "HTTPS_PROXY"), ("noProxy", "NO_PROXY"),
            ("ftpProxy", "FTP_PROXY"), ("allProxy", "ALL_PROXY"),
        ]
        return names.flatMap { key, name -> [String] in
            guard let value = chosen[key].string, !value.isEmpty else { return [] }
            return [name, name.lowercased()].filter { !given.contains($0) }.map { "\($0)=\(value)" }
        }
    }
}
