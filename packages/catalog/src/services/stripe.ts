import type { Vendor } from '../schema.ts'

const origin = 'https://api.stripe.com'

/** https://docs.stripe.com/api. Its OAuth (Connect) is for platforms that act for other businesses, and is left out. */
export const stripe: Vendor = {
  provider: { id: 'stripe', name: 'Stripe', documentation: 'https://docs.stripe.com/api' },
  services: [
    {
      id: 'stripe',
      name: 'Stripe',
      provider: 'stripe',
      category: 'business',
      icon: 'stripe',
      singleton: false,
      origins: [origin],
      requestHeaders: ['stripe-version'],
      responseHeaders: ['request-id'],
      credentials: [
        {
          kind: 'bearer',
          label: 'Restricted key (rk_…)',
          hint: 'Create a restricted key that may only do what agents need; leave Balance readable, it proves the key.',
          url: 'https://dashboard.stripe.com/apikeys',
        },
      ],
      probe: { path: '/v1/balance' },
      documentation: 'https://docs.stripe.com/api',
      actions: [
        {
          id: 'stripe-read',
          label: 'Read payments',
          description:
            'Read and search customers, payments, invoices, subscriptions, products and prices.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/v1/balance',
                '/v1/customers',
                '/v1/customers/*',
                '/v1/charges',
                '/v1/charges/*',
                '/v1/payment_intents',
                '/v1/payment_intents/*',
                '/v1/refunds',
                '/v1/refunds/*',
                '/v1/invoices',
                '/v1/invoices/*',
                '/v1/subscriptions',
                '/v1/subscriptions/*',
                '/v1/products',
                '/v1/products/*',
                '/v1/prices',
                '/v1/prices/*',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'stripe-customers',
          label: 'Write customers',
          description: 'Create and change customers; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/v1/customers', '/v1/customers/*'] }],
          approval: 'writes',
        },
        {
          id: 'stripe-invoice',
          label: 'Write and send invoices',
          description: 'Draft, finalise and send invoices; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [
                '/v1/invoices',
                '/v1/invoiceitems',
                '/v1/invoices/*/finalize',
                '/v1/invoices/*/send',
              ],
            },
          ],
          approval: 'always',
        },
        {
          id: 'stripe-refund',
          label: 'Refund payments',
          description: 'Give money back; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/v1/refunds'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
