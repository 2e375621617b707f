import Crypto
import Fault
import JSON

/// A typed window on an image's config document (image-spec, config.md); fields without a name here stay in `json`.
package struct ImageConfig: Sendable {
    package var json: JSON

    /// Throws `invalid` when this isn't the config of an image with layers.
    package init(_ json: JSON) throws(Fault) {
        guard json.object != nil else { throw Fault(.invalid, "image config is not a JSON object") }
        self.json = json
        let type = json["rootfs", "type"].string ?? ""
        guard type == "layers" else { throw Fault(.invalid, "image config has rootfs type \"\(type)\"; want layers") }
        for id in json["rootfs", "diff_ids"].array ?? [] { _ = try Digest(parsing: id.string ?? "") }
    }

    package init(bytes: [UInt8]) throws(Fault) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw Fault(.invalid, "image config is not JSON: \(error)") }
        try self.init(json)
    }

    /// Digests of the layers' tars, lowest first.
    package var diffIDs: [Digest] { json["rootfs", "diff_ids"].strings.compactMap { try? Digest(parsing: $0) } }
    package var chainIDs: [Digest] { ChainID.all(diffIDs) }
    package var platform: Platform { Platform(json) }
    /// RFC 3339; nil when the build left it out.
    package var created: String? { json["created"].string.flatMap { $0.isEmpty ? nil : $0 } }
    package var author: String { json["author"].string ?? "" }
    /// What containers of the image run with: `Env`, `Cmd`, `Entrypoint`, `ExposedPorts`, …
    package var container: JSON { json["config"] }
    package var labels: [String: String] { json["config", "Labels"].stringMap }
    package var history: [History] { (json["history"].array ?? []).map(History.init) }

    /// One step of the build, oldest first in the document.
    package struct History: Sendable, Hashable {
        package var created: String?
        package var createdBy: String
        package var author: String
        package var comment: String
        /// The step changed metadata only: no layer belongs to it.
        package var emptyLayer: Bool

        package init(
            created: String?, createdBy: String, author: String = "", comment: String = "", emptyLayer: Bool = false
        ) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.comment = comment
            self.emptyLayer = emptyLayer
        }

        init(_ json: JSON) {
            created = json["created"].string
            createdBy = json["created_by"].string ?? ""
            author = json["author"].string ?? ""
            comment = json["comment"].string ?? ""
            emptyLayer = json["empty_layer"].bool ?? false
        }

        package var json: JSON {
            var json: JSON = [:]
            if let created { json["created"] = .string(created) }
            json["created_by"] = .string(createdBy)
            if !author.isEmpty { json["author"] = .string(author) }
            if !comment.isEmpty { json["comment"] = .string(comment) }
            if emptyLayer { json["empty_layer"] = true }
            return json
        }
    }
}

/// The name of a stack of layers: of the lowest its diff ID, then the digest of "chain diff" (config.md, "Layer ChainID").
package enum ChainID {
    package static func next(_ parent: Digest?, _ diffID: Digest) -> Digest {
        guard let parent else { return diffID }
        return Digest(of: "\(parent) \(diffID)".utf8)
    }

    /// The chain up to each layer, lowest first.
    package static func all(_ diffIDs: [Digest]) -> [Digest] {
        var chain: [Digest] = []
        for diffID in diffIDs { chain.append(next(chain.last, diffID)) }
        return chain
    }
}
