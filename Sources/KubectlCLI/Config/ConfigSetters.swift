import CommandLine
import Fault
import JSON
import KubeClient

extension VerbTree {
    struct ContextSettings: Sendable { var current = false }

    static func configSetContext() -> Verb {
        Verb(
            "set-context", "Set a context entry in kubeconfig",
            usage:
                "config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace] [options]",
            options: ContextSettings(), flags: [.toggle("current", \.current, "Modify the current context")],
            shows: ["cluster", "namespace", "user"]
        ) { options, parsed, session in
            guard parsed.arguments.count <= 1 else { throw unexpected(parsed, session) }
            var config = try session.editedConfig
            var name = parsed.arguments.first ?? ""
            if name.isEmpty, !options.current {
                throw Refusal("you must specify a non-empty context name or --current")
            }
            if !name.isEmpty, options.current { throw Refusal("you cannot specify both a context name and --current") }
            if options.current {
                name = config.currentContext
                guard !name.isEmpty else { throw Refusal("no current context is set") }
            }
            let before = config.entry(.contexts, name)
            var context = before ?? ["cluster": "", "user": ""]
            let given = session.options.overrides
            if parsed.given.contains("cluster") { context["cluster"] = .string(given.cluster) }
            if parsed.given.contains("user") { context["user"] = .string(given.user) }
            if parsed.given.contains("namespace") {
                if given.namespace.isEmpty {
                    context.remove("namespace")
                } else {
                    context["namespace"] = .string(given.namespace)
                }
            }
            config.set(.contexts, name, context)
            try config.save()
            session.out.line("Context \(name.quoted) \(before == nil ? "created" : "modified").")
        }
    }

    struct ClusterSettings: Sendable { var embedsCertificates = false, proxy = "" }

    static func configSetCluster() -> Verb {
        Verb(
            "set-cluster", "Set a cluster entry in kubeconfig",
            usage:
                "config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com] [options]",
            options: ClusterSettings(),
            flags: [
                .toggle("embed-certs", \.embedsCertificates, "Put the authority's certificate into the kubeconfig"),
                .text("proxy-url", \.proxy, "Proxy for requests to this cluster"),
            ], shows: ["certificate-authority", "insecure-skip-tls-verify", "server", "tls-server-name"]
        ) { options, parsed, session in
            guard parsed.arguments.count == 1 else { throw unexpected(parsed, session) }
            var config = try session.editedConfig
            let name = parsed.arguments[0]
            var cluster = config.entry(.clusters, name) ?? ["server": ""]
            let given = session.options.overrides
            if given.skipsVerification == true, !given.authority.isEmpty {
                throw Refusal("you cannot specify a certificate authority and insecure mode at the same time")
            }
            if parsed.given.contains("server") { cluster["server"] = .string(given.server) }
            if parsed.given.contains("tls-server-name") { cluster["tls-server-name"] = .string(given.serverName) }
            if let skips = given.skipsVerification {
                if skips {
                    cluster["insecure-skip-tls-verify"] = true
                } else {
                    cluster.remove("insecure-skip-tls-verify")
                }
                if skips {
                    cluster.remove("certificate-authority")
                    cluster.remove("certificate-authority-data")
                }
            }
            if parsed.given.contains("certificate-authority") {
                let path = given.authority
                if options.embedsCertificates {
                    cluster["certificate-authority-data"] = .string(
                        encodeBase64(try credentialFile(path, "certificate-authority")))
                    cluster.remove("certificate-authority")
                } else {
                    cluster["certificate-authority"] = .string(config.relative(absolute(path), for: .clusters, name))
                    cluster.remove("certificate-authority-data")
                }
                cluster.remove("insecure-skip-tls-verify")
            }
            if parsed.given.contains("proxy-url") { cluster["proxy-url"] = .string(options.proxy) }
            config.set(.clusters, name, cluster)
            try config.save()
            session.out.line("Cluster \(name.quoted) set.")
        }
    }

    private static func credentialFile(_ path: String, _ flag: String) throws -> [UInt8] {
        do { return try WholeFile.read(path, limit: 1 << 20) } catch {
            throw Refusal(
                "could not stat \(flag) file \(path): \(sentence(error).replacing("open \(path)", with: "stat \(path)"))"
            )
        }
    }

    private static func absolute(_ path: String) -> String {
        path.isEmpty || path.hasPrefix("/") ? path : "\(WorkingFolder.path)/\(path)"
    }

    struct CredentialSettings: Sendable {
        var embedsCertificates = false
        var provider = "", providerArguments: [String] = []
        var command = "", apiVersion = "", arguments: [String] = [], variables: [String] = []
        var interactive = "", providesCluster = false
    }

    static func configSetCredentials() -> Verb {
        Verb(
            "set-credentials", "Set a user entry in kubeconfig",
            usage:
                "config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value] [options]",
            options: CredentialSettings(),
            flags: [
                .toggle(
                    "embed-certs", \.embedsCertificates, "Put the client's certificate and key into the kubeconfig"),
                .text("auth-provider", \.provider, "Authentication provider of the user"),
                .texts(
                    "auth-provider-arg", \.providerArguments, "KEY=VALUE for the authentication provider; KEY- removes"),
                .text("exec-command", \.command, "Command that gives the user's credentials"),
                .text("exec-api-version", \.apiVersion, "API version of that command's answer"),
                .texts("exec-arg", \.arguments, "Argument of that command"),
                .texts("exec-env", \.variables, "KEY=VALUE in that command's environment; KEY- removes"),
                .text("exec-interactive-mode", \.interactive, "Never, IfAvailable or Always"),
                .toggle("exec-provide-cluster-info", \.providesCluster, "Tell that command about the cluster"),
            ], shows: ["client-certificate", "client-key", "password", "token", "username"]
        ) { options, parsed, session in
            guard parsed.arguments.count == 1 else { throw unexpected(parsed, session) }
            let given = parsed.given
            if given.contains("token"), given.contains("username") || given.contains("password") {
                throw Refusal(
                    "you cannot specify more than one authentication method at the same time: --token, --username/--password"
                )
            }
            if options.embedsCertificates, !given.contains("client-certificate"), !given.contains("client-key") {
                throw Refusal("you must specify a --client-certificate or --client-key to embed")
            }
            var config = try session.editedConfig
            let name = parsed.arguments[0]
            var user = config.entry(.users, name) ?? [:]
            try setCertificates(&user, options, parsed, session) { config.relative(absolute($0), for: .users, name) }
            let overrides = session.options.overrides
            if given.contains("token") {
                user["token"] = .string(overrides.token)
                for other in ["username", "password"] { user.remove(other) }
            }
            if given.contains("username") { user["username"] = .string(overrides.userName) }
            if given.contains("password") { user["password"] = .string(overrides.password) }
            if given.contains("username") || given.contains("password") { user.remove("token") }
            setProgram(&user, options, parsed)
            config.set(.users, name, user)
            try config.save()
            session.out.line("User \(name.quoted) set.")
        }
    }

    private static func setCertificates(
        _ user: inout JSON, _ options: CredentialSettings, _ parsed: Parsed, _ session: Session,
        _ relative: (String) -> String
    ) throws {
        let pairs = [
            ("client-certificate", session.options.overrides.certificate),
            ("client-key", session.options.overrides.key),
        ]
        for (member, path) in pairs where parsed.given.contains(member) {
            if options.embedsCertificates {
                user["\(member)-data"] = .string(encodeBase64(try credentialFile(path, member)))
                user.remove(member)
            } else {
                user[member] = .string(relative(path))
                user.remove("\(member)-data")
            }
        }
    }

    private static func setProgram(_ user: inout JSON, _ options: CredentialSettings, _ parsed: Parsed) {
        if parsed.given.contains("auth-provider") { user["auth-provider", "name"] = .string(options.provider) }
        for text in options.providerArguments {
            if let (key, value) = text.cut("=") { user["auth-provider"]["config"][key] = .string(value) }
        }
        guard parsed.given.contains(where: { $0.hasPrefix("exec-") }) else { return }
        var program = user["exec"]
        if program.isNull {
            program = [
                "apiVersion": "", "command": "", "args": nil, "env": nil, "provideClusterInfo": false,
            ]
        }
        if parsed.given.contains("exec-command") { program["command"] = .string(options.command) }
        if parsed.given.contains("exec-api-version") { program["apiVersion"] = .string(options.apiVersion) }
        if parsed.given.contains("exec-arg") { program["args"] = JSON(options.arguments) }
        if parsed.given.contains("exec-interactive-mode") { program["interactiveMode"] = .string(options.interactive) }
        if parsed.given.contains("exec-provide-cluster-info") {
            program["provideClusterInfo"] = .bool(options.providesCluster)
        }
        var variables = program["env"].array ?? []
        for text in options.variables {
            if let (key, value) = text.cut("=") {
                variables.removeAll { $0["name"].string == key }
                variables.append(["name": .string(key), "value": .string(value)])
            } else if text.hasSuffix("-") {
                variables.removeAll { $0["name"].string == String(text.dropLast()) }
            }
        }
        if !variables.isEmpty || !program["env"].isNull { program["env"] = .array(variables) }
        user["exec"] = program
    }
}
