//! Keys of XML and of forms.

use crate::script::answer::{FORM, XML, assert_values, read};

#[test]
fn a_key_path_reads_values_of_xml() {
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
fn namespace_prefixes_of_elements_are_ignored() {
    let body = r#"<s:Envelope xmlns:s="urn:s" xmlns:x="urn:x"><s:Body><x:code>1</x:code></s:Body></s:Envelope>"#;
    let rows = [("Body.code", Some("1")), ("s:Envelope.s:Body.other:code", Some("1"))];
    assert_values(&read(XML, body), &rows);
}

#[test]
fn a_key_path_reads_fields_of_a_form() {
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

#[test]
fn namespace_prefixes_of_attributes_are_ignored_unless_two_names_collide() {
    let body = r#"<order xmlns:x="urn:x" xmlns:y="urn:y" id="7" x:id="8" x:state="open" x:two="1" y:two="2"/>"#;
    let rows = [
        ("@id", Some("7")),
        ("@x:id", Some("8")),
        ("order.@other:id", Some("8")),
        ("@state", Some("open")),
        ("@x:state", Some("open")),
        ("@two", Some("{}")),
        ("@two[1]", Some("2")),
        ("@xmlns", None),
        ("@x", None),
    ];
    assert_values(&read(XML, body), &rows);
    let like_root = "<id xmlns:x='u' x:id='7'>8</id>";
    assert_values(&read(XML, like_root), &[("@x:id", Some("7")), ("x:id", Some("8"))]);
}

#[test]
fn names_of_form_fields_are_used_unchanged() {
    let body = "code=1&a.b=x&a.b=y&ns:code=2&shop:item=p&shop:item=q&data[code]=3";
    let rows = [
        ("code", Some("1")),
        ("ns:code", Some("2")),
        ("other:code", None),
        ("a.b", Some("{}")),
        ("a.b[0]", Some("x")),
        ("a.b[1]", Some("y")),
        ("a.b[2]", None),
        ("a.b[0][0]", None),
        ("shop:item[1]", Some("q")),
        (r#"["a.b"][1]"#, Some("y")),
        (r#"["data[code]"]"#, Some("3")),
        ("a", None),
    ];
    assert_values(&read(FORM, body), &rows);
}

#[test]
fn a_form_can_not_be_indexed_like_a_list() {
    assert_values(&read(FORM, "code=1"), &[("[0]", None), ("[0].code", None), ("[1]", None)]);
}

#[test]
fn names_of_form_fields_are_the_same_however_they_are_encoded() {
    let answer = read(FORM, "order%5Fid=7&full+name=Ann&%C3%BC=2");
    assert_values(
        &answer,
        &[
            ("order_id", Some("7")),
            (r#"["full name"]"#, Some("Ann")),
            ("ü", Some("2")),
            ("order", None),
            ("full", None),
        ],
    );
}
