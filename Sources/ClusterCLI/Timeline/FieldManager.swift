import JSON

/// Who wrote an object last, by its managed fields.
enum FieldManager {
    /// The manager whose entry is new or changed; "" when none is.
    /// - Parameter isStatus: of the status, or of the rest.
    static func of(_ new: JSON, since old: JSON?, isStatus: Bool) -> String {
        let before = Set(old?["metadata"]["managedFields"].array ?? [])
        let changed = (new["metadata"]["managedFields"].array ?? []).filter { !before.contains($0) }
        let fitting = changed.filter { ($0["subresource"].string == "status") == isStatus }
        let latest = (fitting.isEmpty ? changed : fitting).max {
            ($0["time"].string ?? "") < ($1["time"].string ?? "")
        }
        return latest?["manager"].string ?? ""
    }
}
