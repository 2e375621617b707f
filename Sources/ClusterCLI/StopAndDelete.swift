import Cluster
import CommandLine
import DockerCLI
import Fault

struct EndOptions: ProfileOptions {
    var profile = Profile.standardName
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
                .toggle("purge", \.purges, "With --all: leave nothing of Hakobune's clusters behind"),
            ]
        ) { options, _, session in
            let end = ClusterEnd(session.engine, session.home)
            var names = [options.profile]
            if options.isForAll {
                names = Set(session.home.profileNames()).union(try await end.profiles()).sorted()
            }
            for name in names { try await remove(name, end, session) }
            if options.isForAll { session.notes.say(.removed, "Successfully deleted all profiles") }
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
        session.notes.say(.removed, "Removed all traces of the \"\(name)\" cluster.")
    }
}
