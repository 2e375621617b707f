import JSON

/// Volumes that are on their way out, or gone.
enum VolumeWarnings {
    static let retired = [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    /// Projected files that would hide a token.
    static func addTokenPaths(_ volumes: [JSON], _ path: FieldPath, _ warnings: inout [String]) {
        let sources = volumes.enumerated().flatMap { index, volume in
            volume["projected"].list("sources").map { (index, $0) }
        }
        let tokens = Set(sources.compactMap { $0.1["serviceAccountToken"]["path"].string })
        if tokens.isEmpty { return }
        func warn(_ file: String, _ at: FieldPath) {
            guard tokens.contains(file) else { return }
            warnings.append("\(at): has duplicated path with ServiceAccountToken \(GoText.quoted(file))")
        }
        for (index, source) in sources {
            let at = path[index]["projected"]["sources"]
            for (kind, name) in [("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")] {
                for (place, item) in source[kind].list("items").enumerated() {
                    warn(item.text("path"), at[name][place])
                }
            }
            if source.has("clusterTrustBundle") {
                warn(source["clusterTrustBundle"].text("path"), at["ClusterTrustBundle"])
            }
        }
    }
}
