import Fault
import ImageStore
import OCI

extension Engine {
    package func tagImage(_ ref: String, repository: String, tag: String) async throws {
        let image = try await images.image(ref)
        let reference = try Self.reference(repository: repository, tag: tag)
        try await images.tag(image.id, as: reference)
        publish(
            .image, "tag", actor: "\(image.id)",
            attributes: ["name": reference.familiar].merging(image.labels) { mine, _ in mine })
    }

    /// A repository and a tag as the API gives them apart; `latest` when there is none.
    package static func reference(repository: String, tag: String) throws(Fault) -> Reference {
        let named = try Reference(parsing: repository)
        guard named.digest == nil else { throw Fault(.invalid, "refusing to create a tag with a digest reference") }
        guard named.familiarName != "sha256" else {
            throw Fault(.invalid, "refusing to create an ambiguous tag using digest algorithm as name")
        }
        return try tag.isEmpty ? named.withDefaultTag : named.withoutTag.with(tag: tag)
    }
}
