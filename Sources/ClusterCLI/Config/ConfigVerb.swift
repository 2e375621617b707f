import Cluster
import CommandLine
import DockerCLI
import Fault
import JSON
import KubeModel

private struct ConfigOptions: Sendable {
    var format = "- {{.ConfigKey}}: {{.ConfigValue}}\n"
    var output = ""
}

extension Verbs {
    static func config() -> ClusterCommand {
        let fields = Setting.all.map { " * \($0.name)" }.joined(separator: "\n")
        return ClusterCommand(
            "config", "Modify persistent configuration values",
            explanation: "Keeps values that `start` and others take when their flags aren't given.\n"
                + "Configurable fields:\n\n\(fields)",
            subcommands: [configGet(), configSet(), configUnset(), configView(), configDefaults()])
    }

    private static func configGet() -> ClusterCommand {
        ClusterCommand(
            "get", "Gets the value of PROPERTY_NAME from the minikube config file", usage: "PROPERTY_NAME",
            count: .atLeast(0), options: ConfigOptions()
        ) { _, parsed, session in
            let usage = "usage: minikube config get PROPERTY_NAME"
            switch parsed.arguments.count {
            case 0: throw Misuse(message: "Error: not enough arguments.\n\(usage)", exitCode: 14)
            case 1: break
            case let count: throw Misuse(message: "Error: too many arguments (\(count))\n\(usage)", exitCode: 14)
            }
            guard let text = try session.home.settings().text(parsed.arguments[0]) else {
                throw Misuse(message: "Error: specified key could not be found in config", exitCode: 14)
            }
            session.out.line(text)
            return 0
        }
    }

    private static func configSet() -> ClusterCommand {
        ClusterCommand(
            "set", "Sets an individual value in a minikube config file", usage: "PROPERTY_NAME PROPERTY_VALUE",
            count: .atLeast(0), options: ConfigOptions()
        ) { _, parsed, session in
            let words = parsed.arguments
            guard words.count == 2 else {
                throw Reason.usage.failure(
                    "\(words.count < 2 ? "not enough" : "too many") arguments (\(words.count)).\n"
                        + "usage: minikube config set PROPERTY_NAME PROPERTY_VALUE")
            }
            try session.set(words[0], words[1])
            return 0
        }
    }

    private static func configUnset() -> ClusterCommand {
        ClusterCommand(
            "unset", "unsets an individual value in a minikube config file", usage: "PROPERTY_NAME",
            count: .atLeast(0), options: ConfigOptions()
        ) { _, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw Reason.usage.failure("usage: minikube config unset PROPERTY_NAME")
            }
            var settings = try session.home.settings()
            settings.remove(parsed.arguments[0])
            try session.home.save(settings)
            return 0
        }
    }

    private static func configView() -> ClusterCommand {
        ClusterCommand(
            "view", "Display values currently set in the minikube config file", count: .none, options: ConfigOptions(),
            flags: [
                .text(
                    "format", \.format, default: "- {{.ConfigKey}}: {{.ConfigValue}}\\n",
                    "A Go template for each value: .ConfigKey, .ConfigValue")
            ]
        ) { options, _, session in
            for (key, value) in try session.home.settings().values.sortedByKey() {
                let fields: JSON = ["ConfigKey": .string(key), "ConfigValue": value]
                session.out.write(try Template(parsing: options.format).execute(.json(fields)))
            }
            return 0
        }
    }

    private static func configDefaults() -> ClusterCommand {
        ClusterCommand(
            "defaults", "Lists all valid default values for PROPERTY_NAME", usage: "PROPERTY_NAME", count: .atLeast(0),
            options: ConfigOptions(), flags: [.text("output", short: "o", \.output, "json or yaml")]
        ) { options, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw Reason.usage.failure("usage: minikube config list PROPERTY_NAME")
            }
            let name = parsed.arguments[0]
            guard let setting = Setting.named(name) else {
                throw Reason.usage.failure("error getting defaults: property name \(GoText.quote(name)) not found")
            }
            guard let defaults = setting.defaults else {
                throw Reason.usage.failure(
                    "error getting defaults: \(name) is not a valid option for the `defaults` command; "
                        + "to see valid options run `minikube config defaults -h`")
            }
            switch options.output.lowercased() {
            case "": for value in defaults { session.out.line("* \(value)") }
            case "json": session.out.line(JSON(defaults).text)
            case "yaml": for value in defaults { session.out.line("- \(value)") }
            default: throw Reason.outputUsage.failure("error: --output must be 'yaml' or 'json'")
            }
            return 0
        }
    }
}

extension ClusterSession {
    /// Keeps a setting; says so when clusters that are there keep what they have.
    func set(_ name: String, _ text: String) throws {
        guard let setting = Setting.named(name) else {
            throw Reason.configSet.failure(
                "Set failed: find settings for \(GoText.quote(name)) value of \(GoText.quote(text)): "
                    + "property name \(GoText.quote(name)) not found")
        }
        if let complaint = setting.complaint(text) {
            throw Reason.configSet.failure(
                "Set failed: run validations for \(GoText.quote(name)) with value of \(GoText.quote(text)): "
                    + "[\(complaint)]")
        }
        var settings = try home.settings()
        do { settings.set(name, try setting.value(text)) } catch {
            throw Reason.configSet.failure("Set failed: set: \(error)")
        }
        if setting.needsNewCluster {
            notes.say(
                .warning, "These changes will take effect upon a minikube delete and then a minikube start")
        }
        try home.save(settings)
    }
}
