import CLinux
import CommandLine
import Fault
import Glibc
import JSON
import KubeModel

/// Keys and values out of literals, files and folders.
struct DataSources: Sendable {
    var literals: [String] = [], files: [String] = [], envFiles: [String] = []

    static func flags<Options>(_ path: any WritableKeyPath<Options, DataSources> & Sendable) -> [Flag<Options>] {
        [
            Flag("from-literal", value: "stringArray", help: "A key and its value: mykey=somevalue", shownDefault: "[]")
            {
                $0[keyPath: path].literals.append($1)
            },
            Flag(
                "from-file", value: "strings", help: "A file, key=file, or a folder whose files are taken",
                shownDefault: "[]"
            ) {
                $0[keyPath: path].files += $1.parts(",")
            },
            Flag("from-env-file", value: "strings", help: "A file of lines key=value", shownDefault: "[]") {
                $0[keyPath: path].envFiles += $1.parts(",")
            },
        ]
    }

    func entries() throws -> [(key: String, bytes: [UInt8])] {
        if !envFiles.isEmpty, !files.isEmpty || !literals.isEmpty {
            throw Refusal("from-env-file cannot be combined with from-file or from-literal")
        }
        var all: [(key: String, bytes: [UInt8])] = []
        for file in files { all += try Self.file(file) }
        for text in literals {
            guard let (key, value) = text.cut("="), !key.isEmpty else {
                throw Refusal("invalid literal source \(text), expected key=value")
            }
            var plain = value
            for quote in ["\"", "'"] where plain.count > 1 && plain.hasPrefix(quote) && plain.hasSuffix(quote) {
                plain = String(plain.dropFirst().dropLast())
            }
            all.append((key, Array(plain.utf8)))
        }
        for file in envFiles { all += try Self.envFile(file) }
        return all
    }

    private static func read(_ path: String) throws -> [UInt8] {
        do { return try WholeFile.read(path, limit: 64 << 20) } catch {
            let reason = sentence(error).replacing("open \(path): ", with: "")
            throw Refusal("error reading \(path): \(reason)")
        }
    }

    private static func file(_ text: String) throws -> [(key: String, bytes: [UInt8])] {
        var key: String?, path = text
        guard text.count(where: { $0 == "=" }) < 2 else {
            throw Refusal("key names or file paths cannot contain '='")
        }
        if let (left, right) = text.cut("=") {
            guard !left.isEmpty else { throw Refusal("key name for file path \(right) missing") }
            guard !right.isEmpty else { throw Refusal("file path for key name \(left) missing") }
            (key, path) = (left, right)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw Refusal("error reading \(path): \(WholeFile.message(errno))") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [(key ?? path.parts("/").last ?? path, try read(path))]
        }
        if key != nil { throw Refusal("cannot give a key name for a directory path") }
        var all: [(key: String, bytes: [UInt8])] = []
        guard let directory = opendir(path) else {
            throw Refusal("error listing files in \(path): \(WholeFile.message(errno))")
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var inner = stat()
            guard stat("\(path)/\(name)", &inner) == 0, inner.st_mode & S_IFMT == S_IFREG else { continue }
            all.append((name, try read("\(path)/\(name)")))
        }
        return all.sorted { $0.key < $1.key }
    }

    private static func envFile(_ path: String) throws -> [(key: String, bytes: [UInt8])] {
        let text = String(decoding: try read(path), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let plain = String(line.drop { $0 == " " || $0 == "\t" }).replacing("\r", with: "")
            guard !plain.isEmpty, !plain.hasPrefix("#") else { return nil }
            guard let (key, value) = plain.cut("=") else {
                return ProcessEnvironment.current[plain].map { (plain, Array($0.utf8)) }
            }
            return (key, Array(value.utf8))
        }
    }
}

extension VerbTree {
    struct ConfigMapOptions: Generator { var common = CreateOptions(), sources = DataSources(), hash = false }

    static func createConfigMap() -> Verb {
        generator(
            "configmap", aliases: ["cm"], "Create a config map from a local file, directory or literal value",
            usage:
                "create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]",
            resource: Known.configMaps, failure: "failed to create configmap:", options: ConfigMapOptions(),
            flags: DataSources.flags(\.sources) + [
                .toggle("append-hash", \.hash, "Append a hash of the data to the name")
            ]
        ) { options, name, _, _ in
            var data = JSONObject(), binary = JSONObject()
            for (key, bytes) in try options.sources.entries() {
                if let fault = keyFault(key) {
                    throw Refusal("\(key.quoted) is not a valid key name for a ConfigMap: \(fault)")
                }
                if data[key] != nil {
                    throw Refusal(
                        "cannot add key \(key.quoted), another key by that name already exists in Data for ConfigMap \(name.quoted)"
                    )
                }
                if binary[key] != nil {
                    throw Refusal(
                        "cannot add key \(key.quoted), another key by that name already exists in BinaryData for ConfigMap \(name.quoted)"
                    )
                }
                let text = String(decoding: bytes, as: UTF8.self)
                if Array(text.utf8) == bytes {
                    data[key] = .string(text)
                } else {
                    binary[key] = .string(encodeBase64(bytes))
                }
            }
            let full = options.hash ? "\(name)-\(ContentHash.configMap(name, data, binary))" : name
            return .members([
                ("kind", "ConfigMap"), ("apiVersion", "v1"), ("metadata", ["name": .string(full)]),
                ("data", data.isEmpty ? nil : .object(data.sortedByKey())),
                ("binaryData", binary.isEmpty ? nil : .object(binary.sortedByKey())),
            ])
        }
    }

    static func keyFault(_ key: String) -> String? {
        let faults = Names.configMapKey(key)
        return faults.isEmpty ? nil : faults.joined(separator: ",")
    }

    struct SecretOptions: Generator {
        var common = CreateOptions(), sources = DataSources(), type = "", hash = false
        var server = "https://index.docker.io/v1/", user = "", password = "", email = "", cert = "", key = ""
    }

    static func createSecret() -> Verb {
        Verb(
            "secret", "Create a secret using a specified subcommand",
            usage: "create secret (docker-registry | generic | tls) [options]",
            subverbs: [createRegistrySecret(), createGenericSecret(), createTLSSecret()])
    }

    private static func createGenericSecret() -> Verb {
        generator(
            "generic", "Create a secret from a local file, directory, or literal value",
            usage:
                "create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]",
            resource: Known.secrets, failure: "failed to create secret", options: SecretOptions(),
            flags: DataSources.flags(\.sources) + [
                .text("type", \.type, "Type of the secret"),
                .toggle("append-hash", \.hash, "Append a hash of the data to the name"),
            ]
        ) { options, name, _, _ in
            var data = JSONObject()
            for (key, bytes) in try options.sources.entries() {
                if let fault = keyFault(key) {
                    throw Refusal("\(key.quoted) is not valid key name for a Secret \(fault)")
                }
                if data[key] != nil { throw Refusal("cannot add key \(key), another key by that name already exists") }
                data[key] = .string(encodeBase64(bytes))
            }
            let full = options.hash ? "\(name)-\(ContentHash.secret(name, options.type, data))" : name
            return .members([
                ("kind", "Secret"), ("apiVersion", "v1"), ("metadata", ["name": .string(full)]),
                ("data", data.isEmpty ? nil : .object(data.sortedByKey())), ("type", .some(options.type)),
            ])
        }
    }

    private static func createRegistrySecret() -> Verb {
        generator(
            "docker-registry", "Create a secret for use with a Docker registry",
            usage:
                "create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none] [options]",
            resource: Known.secrets, failure: "failed to create secret", options: SecretOptions(),
            flags: [
                .text("docker-server", \.server, default: "https://index.docker.io/v1/", "Address of the registry"),
                .text("docker-username", \.user, "User of the registry"),
                .text("docker-password", \.password, "That user's password"),
                .text("docker-email", \.email, "That user's mail address"),
                .strings("from-file", \.sources.files, "A docker configuration file"),
                .toggle("append-hash", \.hash, "Append a hash of the data to the name"),
            ]
        ) { options, name, _, _ in
            var data = JSONObject()
            if options.sources.files.isEmpty {
                guard !options.user.isEmpty, !options.password.isEmpty, !options.server.isEmpty else {
                    throw Refusal(
                        "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required"
                    )
                }
                let pair = encodeBase64(Array("\(options.user):\(options.password)".utf8))
                let entry = JSON.members([
                    ("username", .string(options.user)), ("password", .string(options.password)),
                    ("email", .some(options.email)),
                    ("auth", .string(pair)),
                ])
                let whole: JSON = ["auths": .object(JSONObject([(options.server, entry)]))]
                data[".dockerconfigjson"] = .string(encodeBase64(whole.bytes(escapeHTML: true)))
            } else {
                for (key, bytes) in try options.sources.entries() { data[key] = .string(encodeBase64(bytes)) }
            }
            let type = "kubernetes.io/dockerconfigjson"
            let full = options.hash ? "\(name)-\(ContentHash.secret(name, type, data))" : name
            return [
                "kind": "Secret", "apiVersion": "v1", "metadata": ["name": .string(full)], "data": .object(data),
                "type": .string(type),
            ]
        }
    }

    private static func createTLSSecret() -> Verb {
        generator(
            "tls", "Create a TLS secret",
            usage:
                "create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none] [options]",
            resource: Known.secrets, failure: "failed to create secret", options: SecretOptions(),
            flags: [
                .text("cert", \.cert, "File with the certificate, PEM"), .text("key", \.key, "File with its key, PEM"),
                .toggle("append-hash", \.hash, "Append a hash of the data to the name"),
            ]
        ) { options, name, _, _ in
            guard !options.key.isEmpty, !options.cert.isEmpty else { throw Refusal("key and cert must be specified") }
            func read(_ path: String) throws -> [UInt8] {
                do { return try WholeFile.read(path, limit: 1 << 20) } catch {
                    throw Refusal("Cannot read file \(path), \(sentence(error))")
                }
            }
            let certificate = try read(options.cert), key = try read(options.key)
            for (bytes, what) in [(certificate, "certificate"), (key, "key")]
            where !String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ") {
                throw Refusal("tls: failed to find any PEM data in \(what) input")
            }
            let data = JSONObject([
                ("tls.crt", .string(encodeBase64(certificate))), ("tls.key", .string(encodeBase64(key))),
            ])
            let type = "kubernetes.io/tls"
            let full = options.hash ? "\(name)-\(ContentHash.secret(name, type, data))" : name
            return [
                "kind": "Secret", "apiVersion": "v1", "metadata": ["name": .string(full)], "data": .object(data),
                "type": .string(type),
            ]
        }
    }
}
