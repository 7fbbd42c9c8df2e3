import { must, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const id = (what: string, prefix: string) =>
  text(`Id of the ${what}: ${prefix}_…`, {
    ...{ pattern: `^${prefix}_[A-Za-z0-9_]{1,100}$`, examples: [`${prefix}_9s6XKzkNRiz8i3`] },
  })
const list = {
  limit: whole('How many to answer', [1, 100], 10),
  starting_after: text('Id of the last one of the page before'),
}

/** https://docs.stripe.com/api */
export const stripe: TemplateSource = {
  ...{ id: 'stripe', version: 1, service: 'stripe', title: 'Stripe' },
  description: 'Read customers, payments, invoices and subscriptions, and give refunds.',
  origin: 'https://api.stripe.com',
  tools: [
    {
      name: 'get_balance',
      title: 'Read the balance',
      description:
        'Reads what is available and what is pending, by currency, in its smallest unit.',
      request: 'GET /v1/balance',
    },
    {
      name: 'list_customers',
      title: 'List customers',
      description: 'Lists customers, newest first.',
      request: 'GET /v1/customers',
      query: { email: text('Only with exactly this address', { format: 'email' }), ...list },
    },
    {
      name: 'get_customer',
      title: 'Read a customer',
      description: 'Reads one customer.',
      request: 'GET /v1/customers/{customer}',
      path: { customer: id('customer', 'cus') },
    },
    {
      name: 'create_customer',
      title: 'Make a customer',
      description: 'Makes a customer. Nothing is charged.',
      request: 'POST /v1/customers',
      form: {
        email: text('Their address', { format: 'email' }),
        name: text('Their name', { maxLength: 256 }),
        description: text('A note that only you see'),
      },
    },
    {
      name: 'list_payments',
      title: 'List payments',
      description:
        'Lists payment intents, newest first. Amounts are in the smallest unit of the currency.',
      request: 'GET /v1/payment_intents',
      query: { customer: id('customer', 'cus'), ...list },
    },
    {
      name: 'list_invoices',
      title: 'List invoices',
      description: 'Lists invoices, newest first.',
      request: 'GET /v1/invoices',
      query: {
        customer: id('customer', 'cus'),
        status: oneOf('Only with this status', ['draft', 'open', 'paid', 'uncollectible', 'void']),
        ...list,
      },
    },
    {
      name: 'list_subscriptions',
      title: 'List subscriptions',
      description: 'Lists subscriptions that have not ended, unless another status is asked for.',
      request: 'GET /v1/subscriptions',
      query: {
        customer: id('customer', 'cus'),
        status: oneOf('Only with this status', [
          'active',
          'past_due',
          'trialing',
          'canceled',
          'all',
        ]),
        ...list,
      },
    },
    {
      name: 'list_prices',
      title: 'List prices',
      description: 'Lists the prices of products.',
      request: 'GET /v1/prices',
      query: { product: id('product', 'prod'), ...list },
    },
    {
      name: 'create_refund',
      title: 'Give a refund',
      description:
        'Pays a charge back, the whole of it unless an amount is given. It cannot be taken back.',
      request: 'POST /v1/refunds',
      effect: 'changes',
      form: {
        payment_intent: must(id('payment intent', 'pi')),
        amount: whole('How much, in the smallest unit of the currency', [1, 99_999_999]),
        reason: oneOf('Why', ['duplicate', 'fraudulent', 'requested_by_customer']),
      },
    },
  ],
}
