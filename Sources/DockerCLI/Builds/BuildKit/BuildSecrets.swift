import BuildClient
import CommandLine
import Glibc

/// Secrets of a build, from `--secret`.
enum BuildSecrets {
    /// - Parameter environment: where secrets of type `env` are.
    static func parse(_ texts: [String], _ environment: [String: String]) throws -> [String: SecretPlace] {
        var secrets: [String: SecretPlace] = [:]
        for text in texts {
            let (id, place) = try parse(text, environment)
            secrets[id] = place
        }
        return secrets
    }

    private static func parse(
        _ text: String, _ environment: [String: String]
    ) throws -> (String, SecretPlace) {
        let fields = try BuildFields(text, keys: ["type", "id", "source", "src", "env"]).values
        let type = fields["type"] ?? ""
        guard ["", "file", "env"].contains(type) else { throw Failure("unsupported secret type \(GoText.quote(type))") }
        guard let id = fields["id"], !id.isEmpty else { throw Failure("secret missing ID") }
        var file = fields["src"] ?? fields["source"] ?? "", variable = fields["env"] ?? ""
        if type == "env", variable.isEmpty {
            variable = file
            file = ""
        }
        if file.isEmpty, variable.isEmpty {
            if environment[id] != nil, type != "file" { variable = id } else { file = id }
        }
        guard file.isEmpty else { return (id, .file(try readable(file, id))) }
        return (id, .text(environment[variable] ?? ""))
    }

    private static func readable(_ file: String, _ id: String) throws -> String {
        var found = stat()
        guard stat(file, &found) == 0 else {
            throw Failure("failed to stat \(file): stat \(file): \(WholeFile.message(errno))")
        }
        guard found.st_size <= SecretLimit.bytes else { throw Failure("secret \(id) too big. max size 500KB") }
        return HostPath.absolute(file)
    }
}
