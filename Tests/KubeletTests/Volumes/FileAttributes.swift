import Foundation

/// Links not followed; -1 for what isn't there.
func attributes(_ path: String) -> (mode: Int, group: Int, owner: Int) {
    let found = try? FileManager.default.attributesOfItem(atPath: path)
    func number(_ key: FileAttributeKey) -> Int { (found?[key] as? NSNumber)?.intValue ?? -1 }
    return (number(.posixPermissions), number(.groupOwnerAccountID), number(.ownerAccountID))
}
