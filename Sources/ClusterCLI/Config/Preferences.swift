import Cluster
import CommandLine

/// What options are when the command line doesn't say: `MINIKUBE_NAME` of the environment, else what `config set` keeps.
struct Preferences: Sendable {
    let environment: [String: String]
    let settings: UserSettings

    /// Nil: neither says anything.
    func text(_ name: String) -> String? {
        let variable = "MINIKUBE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
        if let value = environment[variable], !value.isEmpty { return value }
        return settings.text(name)
    }

    /// Sets those of the options that weren't given and that somebody prefers.
    func fill<Options>(_ options: inout Options, _ flags: [Flag<Options>], given: Set<String>, only: Set<String>? = nil)
        throws
    {
        for flag in flags where !given.contains(flag.name) && only?.contains(flag.name) != false {
            guard let text = text(flag.name) else { continue }
            do { try flag.set(&options, text) } catch {
                throw Reason.usage.failure("\(flag.name) is set to \(GoText.quote(text)): \(error)")
            }
        }
    }
}

extension ClusterSession {
    func preferences() throws -> Preferences {
        Preferences(environment: environment, settings: try home.settings())
    }

    /// The profile that is meant: the one that was named, else the preferred one, else the standard one.
    func profileName(_ given: String) throws -> String {
        given.isEmpty ? try preferences().text("profile") ?? Profile.standardName : given
    }
}
