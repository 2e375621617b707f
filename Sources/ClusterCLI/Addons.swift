import Cluster
import CommandLine
import DockerCLI
import JSON

private struct AddonOptions: ProfileOptions {
    var profile = ""
    var output = "list"
    var isForced = false
}

extension Verbs {
    static func addons() -> ClusterCommand {
        ClusterCommand(
            "addons", "Enable or disable a minikube addon",
            subcommands: [addonList(), addonEnable(), addonDisable()])
    }

    private static func addonList() -> ClusterCommand {
        ClusterCommand(
            "list", "Lists all available minikube addons as well as their current statuses (enabled/disabled)",
            count: .none, options: AddonOptions(),
            flags: [.profile, .text("output", short: "o", \.output, default: "list", "list or json")]
        ) { options, _, session in
            let profile = try session.home.profile(try session.profileName(options.profile))
            switch options.output.lowercased() {
            case "list": session.out.write(FramedTable.text(rows(profile)))
            case "json":
                let entries = Addon.all.map { addon -> (String, JSON) in
                    let fields: JSON? = profile.map { ["Profile": .string($0.name), "Status": "disabled"] }
                    return (addon.name, fields ?? [:])
                }
                session.out.write(JSON.object(JSONObject(entries)).text)
            default:
                throw Reason.usage.failure(
                    "invalid output format: \(options.output). Valid values: 'list', 'json'")
            }
            return 0
        }
    }

    private static func rows(_ profile: Profile?) -> [[String]] {
        guard let profile else {
            return [["ADDON NAME", "MAINTAINER"]] + Addon.all.map { [$0.name, $0.maintainer] }
        }
        return [["ADDON NAME", "PROFILE", "STATUS", "MAINTAINER"]]
            + Addon.all.map { [$0.name, profile.name, "disabled", $0.maintainer] }
    }

    private static func addonEnable() -> ClusterCommand {
        ClusterCommand(
            "enable", "Enables the addon w/ADDON_NAME within minikube", usage: "ADDON_NAME", count: .atLeast(0),
            options: AddonOptions(),
            flags: [.profile, .toggle("force", \.isForced, "Enable it although something speaks against it")]
        ) { options, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw Reason.usage.failure("usage: minikube addons enable ADDON_NAME")
            }
            _ = try session.existing(options.profile)
            throw refusal(of: parsed.arguments[0])
        }
    }

    /// None is enabled, so there is nothing to do but to say so.
    private static func addonDisable() -> ClusterCommand {
        ClusterCommand(
            "disable", "Disables the addon w/ADDON_NAME within minikube", usage: "ADDON_NAME", count: .atLeast(0),
            options: AddonOptions(), flags: [.profile]
        ) { options, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw Reason.usage.failure("usage: minikube addons disable ADDON_NAME")
            }
            _ = try session.existing(options.profile)
            guard let addon = Addon.named(parsed.arguments[0]) else {
                throw Reason.addonUnsupported.failure("'\(parsed.arguments[0])' is not a valid minikube addon")
            }
            session.notes.say(.addonsOff, "The '\(addon.name)' addon is disabled")
            return 0
        }
    }

    static func refusal(of name: String) -> Failure {
        guard let addon = Addon.named(name) else {
            return Reason.addonEnable.failure("enable failed: \(name) is not a valid addon")
        }
        return Reason.addonEnable.failure("enable failed: \(addon.name): \(addon.refusal)")
    }
}
