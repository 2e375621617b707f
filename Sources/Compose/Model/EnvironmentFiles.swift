import Fault
import JSON

/// Puts the variables of `env_file` and the labels of `label_file` into services.
struct EnvironmentFiles {
    let project: Project
    let request: LoadRequest
    let access: FileAccess

    func resolved() throws -> Project {
        var changed = project
        for (name, service) in project.services {
            var own = service
            own.json = try variables(service)
            own.json = try labels(own)
            own.json.remove("env_file")
            changed.services[name] = own
        }
        for name in project.disabled.keys { changed.disabled[name]?.json.remove("env_file") }
        return changed
    }

    private func read(_ path: String, _ kind: String, _ place: Place, lookUp: @escaping (String) -> String?) throws
        -> [(String, String)]
    {
        let bytes: [UInt8]
        do { bytes = try access.read(path) } catch {
            throw ComposeError("\(kind) file \(path) not found: \(sentence(error))", at: place)
        }
        return try DotEnv.parse(String(decoding: bytes, as: UTF8.self), file: request.show(path), lookUp: lookUp)
    }

    private func variables(_ service: Service) throws -> JSON {
        var json = service.json
        var own: [String: String?] = [:]
        for (name, value) in json["environment"].object ?? JSONObject() {
            own[name] = .some(value.string ?? project.environment[name])
        }
        var fromFiles: [String: String] = [:]
        for (at, file) in (json["env_file"].array ?? []).enumerated() {
            let path = file["path"].string ?? ""
            if file["required"].bool == false, !access.isFile(path) { continue }
            let place = project.place("services", service.name, "env_file", "\(at)")
            if file["format"].string == "raw" {
                fromFiles.merge(try raw(path, place)) { $1 }
                continue
            }
            let known = fromFiles, variables = project.environment, given = own
            let pairs = try read(path, "env", place) { name in
                variables[name] ?? given[name].flatMap { $0 } ?? known[name]
            }
            for (name, value) in pairs { fromFiles[name] = value }
        }
        guard !own.isEmpty || !fromFiles.isEmpty else { return json }
        var all: [String: JSON] = fromFiles.mapValues { .string($0) }
        for (name, value) in own { all[name] = value.map { .string($0) } ?? .null }
        json["environment"] = .object(JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        return Ordered.service(json)
    }

    /// Lines as they are: no quotes, no variables.
    private func raw(_ path: String, _ place: Place) throws -> [String: String] {
        let bytes: [UInt8]
        do { bytes = try access.read(path) } catch {
            throw ComposeError("env file \(path) not found: \(sentence(error))", at: place)
        }
        var all: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let text = line.drop { $0 == " " || $0 == "\t" }
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            if let equals = text.firstIndex(of: "=") {
                all[String(text[..<equals])] = String(text[text.index(after: equals)...])
            } else if let value = project.environment[String(text)] {
                all[String(text)] = value
            }
        }
        return all
    }

    private func labels(_ service: Service) throws -> JSON {
        let files = project.tree.nearest(["services", service.name])["label_file"]
        var all: [String: JSON] = [:]
        for file in files?.list ?? files.map({ [$0] }) ?? [] {
            for (name, value) in try read(file.string ?? "", "label", file.place, lookUp: { _ in nil }) {
                all[name] = .string(value)
            }
        }
        guard !all.isEmpty else { return service.json }
        for (name, value) in service.json["labels"].object ?? JSONObject() { all[name] = value }
        var json = service.json
        json["labels"] = .object(JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        return Ordered.service(json)
    }
}

/// Members in the order of the schema.
enum Ordered {
    static func service(_ json: JSON) -> JSON {
        guard let members = json.object else { return json }
        var out = JSONObject()
        for field in ServiceSchema.fields { if let value = members[field.name] { out[field.name] = value } }
        for (key, value) in members where out[key] == nil { out[key] = value }
        return .object(out)
    }
}
