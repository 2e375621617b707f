/// The bar and the counts that Docker shows behind a state: `[==>      ]  1.2MB/30MB`. Bytes; `total` 0: not known.
/// `width` is the terminal's in columns: up to 110 there is no room for the bar (moby pkg/jsonmessage).
package func progressText(current: Int64, total: Int64, width: Int = 200) -> String {
    guard current > 0 || total > 0 else { return "" }
    let size = Units.decimalSize(Double(current))
    let now = String(repeating: " ", count: max(0, 8 - size.utf8.count)) + size
    guard total > 0 else { return now }
    let done = max(0, min(50, Int(Double(current) / Double(total) * 100) / 2))
    var text = ""
    if width > 110 {
        text = "[\(String(repeating: "=", count: done))>\(String(repeating: " ", count: 50 - done))] "
    }
    return text + (current > total ? now : "\(now)/\(Units.decimalSize(Double(total)))")
}
