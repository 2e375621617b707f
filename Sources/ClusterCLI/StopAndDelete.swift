import Cluster
import CommandLine
import DockerCLI
import Fault

struct EndOptions: ProfileOptions {
    var profile = ""
    var isForAll = false
    var purges = false
}

extension Verbs {
    static func stop() -> ClusterCommand {
        ClusterCommand(
            "stop", group: .common, "Stops a running local Kubernetes cluster", usage: "[flags]", count: .none,
            options: EndOptions(),
            flags: [.profile, .toggle("all", \.isForAll, "Stop all clusters")]
        ) { options, _, session in
            let end = ClusterEnd(session.engine, session.home)
            let names =
                options.isForAll ? session.home.profileNames() : [try session.existing(options.profile).name]
            var stopped = 0
            for name in names {
                for node in try await end.nodes(name).reversed() {
                    guard try await session.isRunning(node) else { continue }
                    session.notes.say(.stopping, "Stopping node \"\(node)\"  ...")
                    session.notes.say(.stopped, "Powering off \"\(node)\" via SSH ...")
                    try await end.stop(node)
                    stopped += 1
                }
            }
            session.notes.say(.stopped, "\(stopped) node\(stopped == 1 ? "" : "s") stopped.")
            return 0
        }
    }

    static func delete() -> ClusterCommand {
        ClusterCommand(
            "delete", group: .common, "Deletes a local Kubernetes cluster", usage: "[flags]", count: .none,
            options: EndOptions(),
            flags: [
                .profile, .toggle("all", \.isForAll, "Delete all clusters"),
                .toggle("purge", \.purges, "Take the settings of `config set` away, too"),
            ]
        ) { options, _, session in
            let end = ClusterEnd(session.engine, session.home)
            let all = Set(session.home.profileNames()).union(try await end.profiles()).sorted()
            if options.purges, !options.isForAll, all.count > 1 {
                session.notes.say(.tip, "Multiple minikube profiles were found - ")
                for name in all { session.notes.say(.tip, "    - \(name)") }
                throw Reason.usage.failure("Usage: minikube delete --all --purge")
            }
            let names = options.isForAll ? all : [try session.profileName(options.profile)]
            for name in names { try await remove(name, end, session) }
            if options.isForAll { session.notes.say(.removed, "Successfully deleted all profiles") }
            if options.purges {
                try session.home.purge()
                session.notes.say(
                    .removed, "Successfully purged minikube directory located at - [\(session.home.path)]")
            }
            return 0
        }
    }

    private static func remove(_ name: String, _ end: ClusterEnd, _ session: ClusterSession) async throws {
        try Profile.check(name: name)
        let nodes = try await end.nodes(name)
        let isKnown = session.home.profileNames().contains(name)
        guard isKnown || !nodes.isEmpty else {
            session.notes.say(
                .warning, "\"\(name)\" profile does not exist, trying anyways.")
            try await end.remove(profile: name)
            try ContextEntry.remove(name, session.environment)
            return session.notes.say(.removed, "Removed all traces of the \"\(name)\" cluster.")
        }
        session.notes.say(.deleting, "Deleting \"\(name)\" in docker ...")
        for node in nodes {
            session.notes.say(.deleting, "Deleting container \"\(node)\" ...")
            try await end.remove(node: node)
        }
        for node in nodes { session.notes.say(.deleting, "Removing \(session.home.machine(node)) ...") }
        try await end.remove(profile: name)
        try ContextEntry.remove(name, session.environment)
        try session.forget(preferred: name)
        session.notes.say(.removed, "Removed all traces of the \"\(name)\" cluster.")
    }
}

extension ClusterSession {
    /// A profile that is gone is no longer the one that commands mean.
    fileprivate func forget(preferred name: String) throws {
        var settings = try home.settings()
        guard settings.text("profile") == name else { return }
        settings.remove("profile")
        try home.save(settings)
    }
}
