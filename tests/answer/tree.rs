//! Keys of XML and of forms.

use crate::{FORM, XML, assert_values, read};

#[test]
fn a_key_finds_what_stands_in_xml() {
    let body = r#"<?xml version="1.0"?>
        <!-- <code>no</code> -->
        <order id="7" state=" open ">
          <code> 200 </code>
          <item sku="a"><code>1</code></item>
          <item sku="b"><code>2</code><!-- x --></item>
          <only><code>9</code></only>
          <mixed>before<b>bold</b>after</mixed>
          <cdata><![CDATA[ <a&b> ]]></cdata>
          <entity>fish &amp; chips &#65;</entity>
          <remark>a<!-- b -->c<?d e?>f</remark>
          <empty/>
          <order>inner</order>
        </order>"#;
    let rows = [
        ("order.code", Some("200")),
        ("code", Some("200")),
        ("code[0]", Some("200")),
        ("code[1]", None),
        ("order.@id", Some("7")),
        ("@id", Some("7")),
        ("order.@state", Some(" open ")),
        ("@nothing", None),
        ("item", Some("{}")),
        ("item[0]", Some("{}")),
        ("item[0].code", Some("1")),
        ("order.item[1].code", Some("2")),
        ("item[1].@sku", Some("b")),
        ("item[2].code", None),
        ("item.code", None),
        ("only.code", Some("9")),
        ("only[0].code[0]", Some("9")),
        ("mixed", Some("{}")),
        ("mixed.b", Some("bold")),
        ("cdata", Some("<a&b>")),
        ("entity", Some("fish & chips A")),
        ("remark", Some("acf")),
        ("empty", Some("")),
        ("order", Some("{}")),
        ("order.order", Some("inner")),
        ("order[0].code", Some("200")),
        ("code.deeper", None),
        ("nothing", None),
    ];
    assert_values(&read(XML, body), &rows);
}

#[test]
fn a_root_without_elements_is_a_value_under_its_name() {
    let answer = read(XML, r#"<code type="int"> 404 </code>"#);
    assert_values(&answer, &[("code", Some("404")), ("code.@type", Some("int")), ("other", None)]);
}

#[test]
fn prefixes_of_names_do_not_matter() {
    let body = r#"<s:Envelope xmlns:s="urn:s" xmlns:x="urn:x"><s:Body><x:code>1</x:code></s:Body></s:Envelope>"#;
    let rows = [("Body.code", Some("1")), ("s:Envelope.s:Body.other:code", Some("1"))];
    assert_values(&read(XML, body), &rows);
}

#[test]
fn a_key_finds_what_stands_in_a_form() {
    let body =
        "code=200&name=J%C3%BCrgen+K&item=a&item=b&data.code=7&list[0]=x&%20spaced%20=%20y%20&bare";
    let rows = [
        ("code", Some("200")),
        ("code[0]", Some("200")),
        ("name", Some("Jürgen K")),
        ("item", Some("{}")),
        ("item[0]", Some("a")),
        ("item[1]", Some("b")),
        ("item[2]", None),
        ("data.code", Some("7")),
        ("list[0]", Some("x")),
        (r#"[" spaced "]"#, Some(" y ")),
        ("bare", Some("")),
        ("code.deeper", None),
        ("nothing", None),
    ];
    assert_values(&read(FORM, body), &rows);
}
