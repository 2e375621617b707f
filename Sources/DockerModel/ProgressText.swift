/// The bar and the counts that Docker shows behind a state: `[==>      ]  1.2MB/30MB`. Bytes; `total` 0: not known.
/// `width` is the terminal's in columns: under 110 there is no room for the bar (moby pkg/jsonmessage).
package func progressText(current: Int64, total: Int64, width: Int = 200) -> String {
    guard current > 0 || total > 0 else { return "" }
    let now = padded(humanSize(current))
    guard total > 0 else { return now }
    let done = max(0, min(50, Int(Double(current) / Double(total) * 100) / 2))
    var text = ""
    if width > 110 {
        text = "[\(String(repeating: "=", count: done))>\(String(repeating: " ", count: 50 - done))] "
    }
    return text + (current > total ? now : "\(now)/\(humanSize(total))")
}

private func padded(_ text: String) -> String { String(repeating: " ", count: max(0, 8 - text.utf8.count)) + text }

/// Four significant digits and a decimal unit, `1.234MB`, as Go's units.HumanSize prints with `%.4g`.
package func humanSize(_ bytes: Int64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    return fourDigits(value) + units[unit]
}

/// `%.4g` of C for 0 ≤ value < 10 000: rounded to four significant digits, without trailing zeros.
private func fourDigits(_ value: Double) -> String {
    var decimals = 3
    var scale = 1000.0
    for limit in [9.9995, 99.995, 999.95] where value >= limit {
        decimals -= 1
        scale /= 10
    }
    let scaled = Int64((value * scale).rounded(.toNearestOrEven))
    let (whole, fraction) = (scaled / Int64(scale), scaled % Int64(scale))
    if fraction == 0 { return "\(whole)" }
    var digits = "\(fraction)"
    digits = String(repeating: "0", count: decimals - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)"
}
