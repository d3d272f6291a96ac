//! Invoices that are open, paid or unknown, cards that are declined, and a payment without a result.

dialogues! {
    "card-payment";
    a_paid_invoice: r#"
        hears    Please enter the eight digits of your invoice number. To begin again, press star.
        presses  20260042
        asks     https://billing.example/invoices?number=20260042
        answers  {"state": "paid"}
        hears    This invoice is already paid. Thank you, and goodbye.
        is hung up
    "#;
    a_star_drops_what_was_entered: r#"
        hears    Please enter the eight digits of your invoice number. To begin again, press star.
        presses  2027*20260043
        asks     https://billing.example/invoices?number=20260043
        answers  {"state": "unknown"}
        hears    There is no open invoice 2 0 2 6 0 0 4 3. Please enter…
        presses  20260042
        asks     https://billing.example/invoices?number=20260042
        answers  nothing
        hears    We cannot look that up right now. You will be connected.
        goes to  100@billing
    "#;
    the_second_card_pays: r#"
        hears    Please enter the eight digits…
        presses  20260042
        asks     https://billing.example/invoices?number=20260042
        answers  {"state": "open", "due": "EUR 149.90"}
        hears    The amount due is 149 euros and 90 cents.…
        presses  4000000000000002#
        hears    Please enter the date…
        presses  1128
        hears    Please enter the security code…
        presses  123#
        asks     POST https://payments.example/card-payments
                 { "invoice": "20260042", "card": "4000000000000002", "expiry": "1128", "code": "123" }
        answers  {"result": "declined"}
        hears    Your card was declined, and nothing was charged. You can use another card. Please enter the number…
        presses  4111111111111111#
        hears    Please enter the date…
        presses  0927
        hears    Please enter the security code…
        presses  456#
        asks     POST https://payments.example/card-payments
                 { "invoice": "20260042", "card": "4111111111111111", "expiry": "0927", "code": "456" }
        answers  {"result": "paid", "receipt": "4711"}
        hears    Thank you.…The number of your receipt is 4 7 1 1. Goodbye.
        is hung up
    "#;
    after_three_declined_cards_a_person_helps: r#"
        hears    Please enter the eight digits…
        presses  20260042
        asks     https://billing.example/invoices?number=20260042
        answers  {"state": "open", "due": "EUR 149.90"}
        hears    The amount due is 149 euros and 90 cents.…
        presses  4000000000000002#
        hears    Please enter the date…
        presses  1128
        hears    Please enter the security code…
        presses  123#
        asks     POST https://payments.example/card-payments …
        answers  {"result": "declined"}
        hears    Your card was declined…
        presses  4000000000000002#
        hears    Please enter the date…
        presses  1128
        hears    Please enter the security code…
        presses  123#
        asks     POST https://payments.example/card-payments …
        answers  {"result": "declined"}
        hears    Your card was declined…
        presses  4000000000000002#
        hears    Please enter the date…
        presses  1128
        hears    Please enter the security code…
        presses  123#
        asks     POST https://payments.example/card-payments …
        answers  {"result": "declined"}
        hears    Your card was declined, and nothing was charged. You can use another card.
                 A person will help you with the payment.
        goes to  100@billing
    "#;
    a_payment_without_a_result_is_not_tried_again: r#"
        hears    Please enter the eight digits…
        presses  20260042
        asks     https://billing.example/invoices?number=20260042
        answers  {"state": "open", "due": "EUR 149.90"}
        hears    The amount due is 149 euros and 90 cents.…
        presses  4111111111111111#
        hears    Please enter the date…
        presses  1128
        hears    Please enter the security code…
        presses  123#
        asks     POST https://payments.example/card-payments …
        answers  nothing
        hears    We do not know yet whether the payment was made. Please do not pay again.
                 You will be connected to a person.
        goes to  101@billing
    "#;
    a_month_that_does_not_exist_is_asked_for_again: r#"
        hears    Please enter the eight digits…
        presses  20260042
        asks     https://billing.example/invoices?number=20260042
        answers  {"state": "open", "due": "EUR 149.90"}
        hears    The amount due is 149 euros and 90 cents.…
        presses  4111111111111111#
        hears    Please enter the date…
        presses  1328
        hears    Please enter the date…
        hangs up
    "#;
}
