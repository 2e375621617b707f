import Cluster
import CommandLine
import DockerCLI
import JSON
import KubeClient

private struct ListOptions: ProfileOptions {
    var profile = ""
    var output = "table"
}

extension Verbs {
    static func profile() -> ClusterCommand {
        ClusterCommand(
            "profile", "Get or list the current profiles (clusters)",
            explanation:
                "Prints the profile that commands mean without --profile, or chooses it. `profile list` lists all,\n"
                + "`profile default` goes back to the first.",
            usage: "[NAME|list] [flags]", count: .atLeast(0), options: ListOptions(),
            flags: [.profile, .text("output", short: "o", \.output, default: "table", "Of `list`: table or json")]
        ) { options, parsed, session in
            guard parsed.arguments.count <= 1 else {
                throw Reason.usage.failure("usage: minikube profile [MINIKUBE_PROFILE_NAME]")
            }
            switch parsed.arguments.first {
            case nil: session.out.line(try session.profileName(options.profile))
            case "list": try await session.listProfiles(options)
            case let name?: try session.prefer(profile: name == "default" ? Profile.standardName : name)
            }
            return 0
        }
    }
}

extension ClusterSession {
    /// Commands mean this profile from now on, and so does kubectl.
    fileprivate func prefer(profile name: String) throws {
        try Profile.check(name: name)
        guard try home.profile(name) != nil else {
            return notes.say(.tip, "if you want to create a profile you can by this command: minikube start -p \(name)")
        }
        var settings = try home.settings()
        settings.set("profile", .string(name))
        try home.save(settings)
        var config = try Kubeconfig.load(environment)
        if config.entry(.contexts, name) != nil {
            config.setCurrentContext(name)
            try config.save()
        }
        notes.say(.success, "minikube profile was successfully set to \(name)")
    }

    fileprivate func listProfiles(_ options: ListOptions) async throws {
        guard ["table", "json"].contains(options.output) else {
            throw Reason.usage.failure("invalid output format: \(options.output). Valid values: 'table', 'json'")
        }
        let active = try profileName(options.profile)
        let context = try Kubeconfig.load(environment).currentContext
        var rows = [
            [
                "PROFILE", "DRIVER", "RUNTIME", "IP", "VERSION", "STATUS", "NODES", "ACTIVE PROFILE",
                "ACTIVE KUBECONTEXT",
            ]
        ]
        var trees: [JSON] = []
        for name in home.profileNames() {
            guard let profile = try home.profile(name), let first = profile.controlPlane else { continue }
            let status = try await isRunning(first.name) ? "OK" : "Stopped"
            rows.append([
                name, "docker", "hako", first.address, ClusterVersions.kubernetes, status, "\(profile.nodes.count)",
                name == active ? "*" : "", name == context ? "*" : "",
            ])
            trees.append([
                "Name": .string(name), "Status": .string(status), "Config": profile.json,
                "Active": .bool(name == active),
                "ActiveKubeContext": .bool(name == context),
            ])
        }
        if options.output == "json" {
            out.line((["invalid": [], "valid": .array(trees)] as JSON).text)
        } else if rows.count == 1 {
            throw Failure("No minikube profile was found.\nTo start a cluster, run: \"minikube start\"", exitCode: 85)
        } else {
            out.write(FramedTable.text(rows))
        }
    }
}
