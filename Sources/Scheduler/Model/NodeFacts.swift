import JSON
import KubeModel

/// What scheduling looks at of a node's object, read once.
final class NodeFacts: Sendable, Equatable {
    let name: String
    let labels: [String: String]
    let taints: [Taint]
    let isUnschedulable: Bool
    let allocatable: Resources
    /// Most pods it takes.
    let podLimit: Int
    let images: NodeImages

    init(_ object: JSON) {
        let (metadata, spec, status) = (object["metadata"], object["spec"], object["status"])
        name = metadata["name"].string ?? ""
        labels = metadata["labels"].stringMap
        taints = (spec["taints"].array ?? []).map { Taint($0) }
        isUnschedulable = spec["unschedulable"].bool ?? false
        allocatable = Resources(status["allocatable"])
        podLimit = Quantity(status["allocatable"]["pods"])?.value ?? 0
        images = NodeImages(status["images"])
    }

    /// Region and zone; "" when it has neither.
    var zone: String {
        let (region, zone) = (labels["topology.kubernetes.io/region"], labels["topology.kubernetes.io/zone"])
        return region == nil && zone == nil ? "" : "\(region ?? ""):\(zone ?? "")"
    }

    static func == (a: NodeFacts, b: NodeFacts) -> Bool {
        a === b
            || a.name == b.name && a.labels == b.labels && a.taints == b.taints
                && a.isUnschedulable == b.isUnschedulable && a.allocatable == b.allocatable
                && a.podLimit == b.podLimit && a.images == b.images
    }
}

/// The images that a node has.
struct NodeImages: Sendable, Equatable {
    /// Sizes in bytes, by every name that the node gives the image.
    let sizes: [String: Int]

    init(_ images: JSON) {
        var sizes: [String: Int] = [:]
        for image in images.array ?? [] {
            for name in image["names"].strings { sizes[name] = image["sizeBytes"].int ?? 0 }
        }
        self.sizes = sizes
    }

    /// As nodes name images: `busybox` is `busybox:latest`.
    static func name(_ image: String) -> String {
        let afterFolder = image.lastIndex(of: "/").map { image[$0...] } ?? image[...]
        return afterFolder.contains(":") ? image : image + ":latest"
    }
}
