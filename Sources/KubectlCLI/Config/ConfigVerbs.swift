import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel

extension VerbTree {
    static func config() -> Verb {
        Verb(
            "config", group: .other, "Modify kubeconfig files", usage: "config SUBCOMMAND [options]",
            subverbs: [
                configCurrentContext(), configDelete(.clusters), configDelete(.contexts), configDelete(.users),
                configNames(.clusters), configGetContexts(), configNames(.users), configRenameContext(), configSet(),
                configSetCluster(), configSetContext(), configSetCredentials(), configUnset(), configUseContext(),
                configView(),
            ])
    }

    private static func configCurrentContext() -> Verb {
        Verb(
            "current-context", "Display the current-context", usage: "config current-context [flags] [options]",
            options: 0
        ) {
            _, _, session in
            let name = try session.editedConfig.currentContext
            guard !name.isEmpty else { throw Refusal("current-context is not set") }
            session.out.line(name)
        }
    }

    private static func configUseContext() -> Verb {
        Verb(
            "use-context", aliases: ["use"], "Set the current-context in a kubeconfig file",
            usage: "config use-context CONTEXT_NAME [options]", options: 0
        ) { _, parsed, session in
            guard parsed.arguments.count == 1 else { throw unexpected(parsed, session) }
            let name = parsed.arguments[0]
            var config = try session.editedConfig
            guard !name.isEmpty else { throw Refusal("empty context names are not allowed") }
            guard config.entry(.contexts, name) != nil else {
                throw Refusal("no context exists with the name: \(name.quoted)")
            }
            config.setCurrentContext(name)
            try config.save()
            session.out.line("Switched to context \(name.quoted).")
        }
    }

    /// Shows the verb's page, and then what is wrong.
    static func unexpected(_ parsed: Parsed, _ session: Session) -> any Error {
        var words = session.path.parts(" ").dropFirst()
        if var verb = words.popFirst().flatMap(VerbTree.verb) {
            while let next = words.popFirst().flatMap(verb.subverb) { verb = next }
            session.out.write(HelpText.page(verb, session.path))
        }
        // Some verbs leave it at that, and one says it in other letters.
        let name = session.path.parts(" ").last ?? ""
        if name.hasPrefix("delete-") { return Exit(0) }
        return Refusal(
            "\(name == "set-credentials" ? "unexpected" : "Unexpected") args: [\(parsed.arguments.joined(separator: " "))]"
        )
    }

    private static func configNames(_ section: Kubeconfig.Section) -> Verb {
        Verb(
            "get-\(section.rawValue)", "Display \(section.rawValue) defined in the kubeconfig",
            usage: "config get-\(section.rawValue) [flags] [options]", options: 0
        ) { _, _, session in
            session.out.line("NAME")
            for name in try session.editedConfig.names(section) { session.out.line(name) }
        }
    }

    private static func configDelete(_ section: Kubeconfig.Section) -> Verb {
        let what = section.member
        return Verb(
            "delete-\(what)", "Delete the specified \(what) from the kubeconfig",
            usage: "config delete-\(what) NAME [options]", options: 0
        ) { _, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw section == .users ? session.misuse("user to delete is required") : unexpected(parsed, session)
            }
            let name = parsed.arguments[0]
            var config = try session.editedConfig
            let file = config.files[config.defaultFile].path
            guard config.entry(section, name) != nil else {
                throw Refusal("cannot delete \(what) \(name), not in \(file)")
            }
            if section == .contexts, config.currentContext == name {
                session.err.write(
                    "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n"
                )
            }
            config.remove(section, name)
            try config.save()
            session.out.line("deleted \(what) \(name) from \(file)")
        }
    }

    private static func configRenameContext() -> Verb {
        Verb(
            "rename-context", "Rename a context from the kubeconfig file",
            usage: "config rename-context CONTEXT_NAME NEW_NAME [options]", options: 0
        ) { _, parsed, session in
            guard parsed.arguments.count == 2 else { throw unexpected(parsed, session) }
            let (old, new) = (parsed.arguments[0], parsed.arguments[1])
            guard !new.isEmpty else { throw Refusal("You must specify a new non-empty context name") }
            var config = try session.editedConfig
            let file = config.files[config.defaultFile].path
            guard let settings = config.entry(.contexts, old) else {
                throw Refusal("cannot rename the context \(old.quoted), it's not in \(file)")
            }
            guard config.entry(.contexts, new) == nil else {
                throw Refusal(
                    "cannot rename the context \(old.quoted), the context \(new.quoted) already exists in \(file)")
            }
            config.remove(.contexts, old)
            config.set(.contexts, new, settings)
            if config.currentContext == old { config.setCurrentContext(new) }
            try config.save()
            session.out.line("Context \(old.quoted) renamed to \(new.quoted).")
        }
    }

    private struct GetContexts: Sendable { var output = "", noHeaders = false }

    private static func configGetContexts() -> Verb {
        Verb(
            "get-contexts", "Describe one or many contexts",
            usage: "config get-contexts [(-o|--output=)name)] [options]", options: GetContexts(),
            flags: [
                .text("output", short: "o", \.output, "Output format. One of: (name)"),
                .toggle("no-headers", \.noHeaders, "Print no headers"),
            ]
        ) { options, parsed, session in
            guard ["", "name"].contains(options.output) else {
                throw Refusal("output must be one of '' or 'name': \(options.output)")
            }
            let config = try session.editedConfig
            var errors: [any Error] = []
            var names: [String] = []
            for name in parsed.arguments.isEmpty ? config.names(.contexts) : parsed.arguments {
                if config.entry(.contexts, name) != nil {
                    names.append(name)
                } else {
                    errors.append(Refusal("context \(name) not found"))
                }
            }
            var table = TabWriter.kubectl
            if options.output == "name" {
                for name in names { table.write("\(name)\n") }
            } else {
                if !options.noHeaders { table.write("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n") }
                for name in names.sorted() {
                    let context = config.entry(.contexts, name) ?? [:]
                    let cells = [
                        config.currentContext == name ? "*" : "", name, context["cluster"].string ?? "",
                        context["user"].string ?? "", context["namespace"].string ?? "",
                    ]
                    table.write(cells.joined(separator: "\t") + "\n")
                }
            }
            session.out.write(table.flush())
            try Failures.throwing(errors)
        }
    }
}
