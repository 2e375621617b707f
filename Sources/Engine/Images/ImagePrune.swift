import DockerModel
import Fault
import ImageStore
import JSON
import OCI

extension Engine {
    /// Engine API, ImagePrune: images without a tag, or with `dangling=false` all that no container uses.
    package func pruneImages(_ filters: Filters) async throws -> JSON {
        try filters.check(ImageFilter.prune)
        let danglingOnly = try ImageFilter.flag(filters, "dangling") ?? true
        let until = try ImageFilter.until(filters)
        let all = try await images.images()
        let parents = Set(all.compactMap(\.parent))
        var records: [JSON] = []
        var freed: Int64 = 0
        for image in all {
            if let until, image.created.map({ $0 > until }) ?? true { continue }
            guard LabelFilter.accepts(filters, labels: image.labels) else { continue }
            if image.references.isEmpty, parents.contains(image.id) { continue }
            if danglingOnly, !image.tags.isEmpty { continue }
            let (gone, bytes) = try await prune(image)
            records += gone
            freed += bytes
        }
        freed += try await images.collectGarbage()
        publish(.image, "prune", actor: "", attributes: ["reclaimed": "\(freed)"])
        return ["ImagesDeleted": records.isEmpty ? .null : .array(records), "SpaceReclaimed": .int(freed)]
    }

    /// By its names one after the other, or its ID when it has none; an image that is in use stays.
    private func prune(_ image: Image) async throws -> ([JSON], Int64) {
        let names = image.references.isEmpty ? [image.id.hex] : image.references.map(\.canonical)
        return try await inLane(ImageRemoval.lane) {
            var records: [JSON] = []
            var freed: Int64 = 0
            for name in names {
                var removal = ImageRemoval(engine: self, force: false, prune: true)
                do {
                    try await removal.run(name)
                } catch let fault as Fault where fault.kind == .conflict || fault.kind == .notFound {
                    continue
                }
                records += removal.records
                freed += removal.freed
            }
            return (records, freed)
        }
    }
}
